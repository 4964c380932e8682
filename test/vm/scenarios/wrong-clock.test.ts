import { afterAll, beforeAll, expect, it } from 'vitest';
import { userData } from '../inputs.ts';
import { statusOf } from '../inside.ts';
import { openSite, type Site } from '../site.ts';

const edge = 'edge-clock';
const day = 24 * 3600;
/** How long after the image and the credentials were made the machine is switched on. */
const later = 40 * day;
let site: Site;

beforeAll(async () => {
  site = await openSite({ autoApprove: true });
});
afterAll(() => site.close());

it('a machine whose clock is three years behind, without NTP, registers by the time that the Controller signs', async () => {
  const threeYearsAgo = new Date(Date.now() + (later - 3 * 365 * day) * 1000);
  const machine = await site.machine('wrong-clock', { clock: threeYearsAgo });
  machine.insert({ instanceId: 'i-clock', userData: userData(site, { edgeName: edge }) });
  await site.admin.fault({ kind: 'clock-skew', seconds: later });
  const powered = await machine.powerOn();
  const node = await site.nodeIn(edge, 'ready');
  await site.eventually(async () => ((await statusOf(powered))?.state === 'handed-off' ? true : null));

  expect(site.records.filter(({ path }) => path.startsWith('/conjurer/v1/time'))).not.toEqual([]);
  const steps = (await site.admin.events(node.nodeId)).filter(({ event }) => event.code === 'clock_stepped');
  expect(steps.map(({ event }) => String(event.message))).toEqual([
    expect.stringMatching(/: it was before the image and the credentials were made$/),
    expect.stringMatching(/: time signed by the Controller$/),
  ]);
  const inside = Number(await powered.probe.read('date +%s'));
  expect(Math.abs(inside - (Date.now() / 1000 + later))).toBeLessThan(600);
});
