import { expect, it } from 'vitest';
import { factsStage } from '../../../../bootstrap/facts/stage.ts';
import type { Host } from '../../../../bootstrap/host/host.ts';
import { fixtureHost } from '../../../support/facts-fixtures/fixture-host.ts';

const context = (host: Host) => ({ host, outputs: {}, signal: new AbortController().signal });

it('changes nothing and proves what the machine is', async () => {
  const { host } = fixtureHost('container');
  expect(await factsStage.plan(context(host))).toEqual([]);
  expect((await factsStage.verify(context(host))).bootId).toBe('c0ffee00-1234-4abc-8def-0123456789ab');
});

it.each([
  ['is absent', null, 'does not exist'],
  ['is no UUID', 'garbage', 'holds no UUID'],
])('refuses a machine whose boot id %s', async (_, text, seen) => {
  const { host } = fixtureHost('container');
  const readText: Host['files']['readText'] = async path =>
    path.endsWith('/boot_id') ? text : host.files.readText(path);
  const refused = factsStage.verify(context({ ...host, files: { ...host.files, readText } }));
  await expect(refused).rejects.toMatchObject({ code: 'E_FACTS_MISSING', seen: expect.stringContaining(seen) });
});
