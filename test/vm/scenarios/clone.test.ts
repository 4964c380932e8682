import { afterAll, beforeAll, expect, it } from 'vitest';
import { userData } from '../inputs.ts';
import { statusOf } from '../inside.ts';
import type { Powered } from '../qemu.ts';
import { openSite, type Site } from '../site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ autoApprove: true });
});
afterAll(() => site.close());

const seed = (edgeName: string, instanceId: string) => ({ instanceId, userData: userData(site, { edgeName }) });
const ended = async (powered: Powered) =>
  site.eventually(async () => {
    const status = await statusOf(powered);
    return status === null || status.exitStatus === null ? null : status;
  });

async function switchOff(powered: Powered): Promise<void> {
  await powered.probe.run('systemctl --no-block poweroff');
  await powered.off;
}

it('a disk that was booted is copied: the copy is told from its original, by itself and by the Controller', async () => {
  const machine = await site.machine('original');
  machine.insert(seed('edge-original', 'i-original'));
  const first = await machine.powerOn();
  const original = await site.nodeIn('edge-original', 'ready');
  await ended(first);
  await switchOff(first);

  // Other hardware, the same inputs: as a hypervisor copies a machine.
  const copy = await site.machine('copy', { disk: machine.disk });
  copy.insert(seed('edge-original', 'i-original'));
  const asOriginal = await copy.powerOn();
  expect(await ended(asOriginal)).toMatchObject({ exitStatus: 78, lastError: { code: 'E_CLONED' } });
  await asOriginal.said(/E_CLONED/);
  expect(await site.admin.nodes({ edge: 'edge-original' })).toMatchObject([
    { nodeId: original.nodeId, state: 'ready', suspicions: [] },
  ]);
  await switchOff(asOriginal);

  // With a name and an instance id of its own it is a machine of its own, and says what it was copied from.
  copy.insert(seed('edge-copy', 'i-copy'));
  const asItself = await copy.powerOn();
  const node = await site.nodeIn('edge-copy', 'ready');
  expect(node.nodeId).not.toBe(original.nodeId);
  expect(await ended(asItself)).toMatchObject({ exitStatus: 0 });
  const events = await site.admin.events(node.nodeId);
  expect(events.map(({ event }) => event)).toContainEqual(
    expect.objectContaining({ code: 'cloned_from', data: { edgeName: 'edge-original', nodeId: original.nodeId } }),
  );
  await switchOff(asItself);

  const again = await machine.powerOn();
  expect(await ended(again)).toMatchObject({ exitStatus: 0, state: 'handed-off' });
  expect(await site.admin.nodes({ edge: 'edge-original' })).toMatchObject([
    { nodeId: original.nodeId, state: 'ready', suspicions: [] },
  ]);
});
