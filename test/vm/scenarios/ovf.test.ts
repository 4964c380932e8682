import { afterAll, beforeAll, expect, it } from 'vitest';
import { siteText } from '../inputs.ts';
import { failedUnits, statusOf } from '../inside.ts';
import { openSite, type Site } from '../site.ts';

const edge = 'edge-ovf';
let site: Site;

beforeAll(async () => {
  site = await openSite({ autoApprove: true });
});
afterAll(() => site.close());

it('a machine takes its name, its credentials and its network from the vApp properties on its CD', async () => {
  const machine = await site.machine('ovf');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  machine.insert({
    ovf: {
      'instance-id': 'i-ovf',
      'conjurer.edgeName': edge,
      'conjurer.passphrase': site.files.passphrase,
      'conjurer.credentials': base64(site.files.credentials),
      'conjurer.config': base64(siteText({})),
      'conjurer.network.hostname': 'edge-ovf',
      'conjurer.network.address': '10.0.2.88/24',
      'conjurer.network.gateway': '10.0.2.2',
      'conjurer.network.nameservers': '',
      'conjurer.network.interface': 'ens4',
    },
  });
  const powered = await machine.powerOn();
  const node = await site.nodeIn(edge, 'ready');
  await site.eventually(async () => ((await statusOf(powered))?.state === 'handed-off' ? true : null));

  const { facts } = await site.admin.node(node.nodeId);
  expect(facts).toMatchObject({ hostname: 'edge-ovf', cloudInit: { instanceId: 'i-ovf' } });
  expect(await powered.probe.read('ip -4 -o address show scope global')).toMatch(/inet 10\.0\.2\.88\/24/);
  const { origins } = JSON.parse(await powered.probe.read('conjurer status --json'));
  expect(origins.edgeName).toContain('OVF');
  // A CD cannot be blanked from inside: that is said, since whoever may log in can read it.
  expect(powered.console()).toContain('the passphrase or credentials are on the CD');
  for (const file of ['passphrase', 'credentials.pem']) {
    expect(await powered.probe.run(`test -e /etc/conjurer/${file}`), file).toMatchObject({ status: 1 });
  }
  expect(await failedUnits(powered)).toEqual([]);
});
