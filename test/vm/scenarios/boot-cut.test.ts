import { afterAll, beforeAll, expect, it } from 'vitest';
import { userData } from '../inputs.ts';
import { failedUnits, statusOf } from '../inside.ts';
import { type Machine, openSite, type Site } from '../site.ts';

const edge = 'edge-cut';
let site: Site;
let machine: Machine;

beforeAll(async () => {
  site = await openSite({ autoApprove: true });
  machine = await site.machine('boot-cut');
  machine.insert({ instanceId: 'i-cut', userData: userData(site, { edgeName: edge }) });
});
afterAll(() => site.close());

/** The plug is pulled when such a request has been carried out and its answer has not arrived. */
async function cutDuring(request: RegExp): Promise<void> {
  await site.admin.fault({ kind: 'lost-answer', path: request.source, count: 1_000_000 });
  const powered = await machine.powerOn();
  await site.eventually(
    async () => site.records.find(({ path, faults }) => faults.length > 0 && request.test(path)) ?? null,
  );
  await powered.cut();
  await site.admin.faultOff();
}

it('is cut off while it registers, again while it is configured, and ends as one node', async () => {
  await cutDuring(/registrations$/);
  const [registration, ...others] = await site.admin.registrations({ edge });
  expect(others).toEqual([]);
  expect(await site.admin.nodes({ edge })).toMatchObject([{ state: 'approved' }]);

  await cutDuring(/\/config\?/);
  const [node] = await site.admin.nodes({ edge });
  expect(node).toMatchObject({ state: 'activated' });

  const powered = await machine.powerOn();
  const ready = await site.nodeIn(edge, 'ready');
  await site.eventually(async () => ((await statusOf(powered))?.state === 'handed-off' ? true : null));
  expect(ready).toMatchObject({ nodeId: node?.nodeId, suspicions: [] });
  expect(await site.admin.nodes({ edge })).toHaveLength(1);
  expect(await site.admin.registrations({ edge })).toMatchObject([
    { registrationId: registration?.registrationId, keyFingerprint: registration?.keyFingerprint },
  ]);
  expect(await failedUnits(powered)).toEqual([]);
  expect(await powered.probe.run('conjurer validate')).toMatchObject({ status: 0 });
});
