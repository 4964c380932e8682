import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodesOf } from '../inside-cluster.ts';
import { handedOff, openPlace, type Place } from '../place.ts';

const sandbox = 'k8s.gcr.io/pause:3.2';
let place: Place;

beforeAll(async () => {
  place = await openPlace('sandbox-image', { autoApprove: false });
});
afterAll(() => place.close());

it('misses its sandbox image, gets it back from the archive of the image, and becomes a cluster', async () => {
  const { site, machine, edge } = place;
  const powered = await machine.powerOn();
  const registration = await site.eventually(async () => (await site.admin.registrations({ edge }))[0] ?? null);
  // It waits to be approved: there is no cluster yet.
  await powered.probe.read(`ctr -n k8s.io images rm --sync ${sandbox}`);
  const missing = await powered.probe.run('conjurer validate');
  expect(missing.status).toBe(5);
  expect(missing.stdout).toContain(sandbox);

  // The run that waits is one of two: the other is told so.
  const locked = await powered.probe.run('conjurer validate --repair');
  expect(locked).toMatchObject({ status: 75, stderr: expect.stringContaining('E_LOCKED') });
  await powered.probe.read('systemctl stop conjurer.service');
  const repaired = await powered.probe.run('conjurer validate --repair');
  expect(repaired.status, repaired.stdout + repaired.stderr).toBe(0);
  expect(await powered.probe.read('ctr -n k8s.io images ls -q')).toContain(sandbox);
  expect((await powered.probe.run('conjurer validate')).status).toBe(0);

  await powered.probe.read('systemctl start --no-block conjurer.service');
  await site.admin.approve(registration.registrationId, registration.keyFingerprint);
  await handedOff(powered);
  await site.nodeIn(edge, 'ready');
  expect(await nodesOf(powered)).toEqual({ 'sandbox-image': true });
});
