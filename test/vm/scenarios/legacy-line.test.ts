import { afterAll, beforeAll, expect, it } from 'vitest';
import { credentialFiles, siteFile } from '../inputs.ts';
import { failedUnits, statusOf } from '../inside.ts';
import { openSite, type Site } from '../site.ts';

const edge = 'edge-legacy';
let site: Site;

beforeAll(async () => {
  site = await openSite({ autoApprove: true });
});
afterAll(() => site.close());

it('the line that existing templates have in runcmd enrols the machine, and the next boot knows it', async () => {
  const machine = await site.machine('legacy-line');
  machine.insert({
    instanceId: 'i-legacy',
    userData: {
      write_files: [siteFile({}), ...credentialFiles(site, '/root')],
      runcmd: [
        ['conjurer', `-edge-name="${edge}"`, '-passphrase-file=/root/passphrase', '-creds-file=/root/credentials.pem'],
      ],
    },
  });
  const powered = await machine.powerOn();
  const node = await site.nodeIn(edge, 'ready');
  await site.eventually(async () => ((await statusOf(powered))?.state === 'handed-off' ? true : null));
  expect(await powered.probe.run('cloud-init status --wait')).toMatchObject({ status: 0 });
  await powered.probe.run('systemctl --no-block poweroff');
  await powered.off;

  const again = await machine.powerOn();
  await site.eventually(async () => ((await statusOf(again))?.state === 'handed-off' ? true : null));
  expect(await failedUnits(again)).toEqual([]);
  expect(await site.admin.nodes({ edge })).toMatchObject([{ nodeId: node.nodeId, state: 'ready', suspicions: [] }]);
});
