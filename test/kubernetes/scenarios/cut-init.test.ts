import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logOf } from '../../vm/inside.ts';
import { nodesOf, podsOf } from '../inside-cluster.ts';
import { handedOff, openPlace, type Place, pageOf } from '../place.ts';

let place: Place;

beforeAll(async () => {
  place = await openPlace('cut-init', { autoApprove: true });
});
afterAll(() => place.close());

it('becomes a cluster although its power is cut in the middle of kubeadm init', async () => {
  const { site, machine, edge } = place;
  let powered = await machine.powerOn();
  // kubelet starts the API server at this moment, and kubeadm waits for it.
  while ((await powered.probe.run('pgrep -x kube-apiserver')).status !== 0) await delay(500);
  expect((await powered.probe.run('pgrep -x kubeadm')).status).toBe(0);
  await powered.cut();
  expect(await site.admin.nodes({ edge })).toMatchObject([{ state: 'configured' }]);

  powered = await machine.powerOn();
  await handedOff(powered);
  await site.nodeIn(edge, 'ready');
  expect(await site.admin.nodes({ edge })).toMatchObject([{ state: 'ready', suspicions: [] }]);
  expect(await nodesOf(powered)).toEqual({ 'cut-init': true });
  await site.eventually(async () => ((await podsOf(powered)).every(({ ready }) => ready) ? true : null));
  expect(await pageOf(place)).toMatch(/^default backend of this cluster/);
  const made = (await logOf(powered)).filter(({ changeId }) => changeId === 'cluster-node');
  expect(made).toHaveLength(1);
});
