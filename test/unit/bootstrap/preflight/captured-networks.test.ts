import { expect, it } from 'vitest';
import { checkList } from '../../../../bootstrap/preflight/check-list.ts';
import { type CheckEntry, type CheckId, checkTable } from '../../../../bootstrap/preflight/check-table.ts';
import { changed, checksOn } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';

const groups = ['ports', 'firewall', 'runtime', 'components', 'network'];
const ids = Object.entries<CheckEntry>(checkTable)
  .filter(([id, { group }]) => groups.includes(group) && checkList.some(one => one.id === id))
  .map(([id]) => id as CheckId);

const ens3 = [{ ifname: 'ens3', mtu: 1500, addr_info: [{ family: 'inet', local: '10.0.2.15', prefixlen: 24 }] }];
/** The gateways answer, with packets of any size; sshd waits on port 22. */
const answers = { ping: {}, 'iptables -V': { stdout: 'iptables v1.8.7 (nf_tables)\n' } };
const files = {
  '/proc/net/tcp': `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21046 1 ffff9e5fb8a2 100 0 0 10 0
`,
};
const outside = {
  names: async () => ['controller.example.com'],
  askNameServer: async (_: string, name: string) =>
    name === 'controller.example.com'
      ? ({ kind: 'addresses', addresses: ['203.0.113.7'] } as const)
      : ({ kind: 'unknown-name' } as const),
};

it.each(Object.entries(machines))(
  '%s: every check of ports, firewall, runtime, components and network',
  async (_, one) => {
    const ip = one.like === 'debian-12-kvm' ? { 'ip -j address show': { stdout: JSON.stringify(ens3) } } : {};
    const results = await checksOn(ids, changed(one, { answers: { ...answers, ...ip }, files, outside }));
    expect(results.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(results.map(({ id, status, observed }) => `${id} ${status}: ${observed}`)).toMatchSnapshot();
  },
);

it('what only a running system can say is skipped for a tree of files', async () => {
  const tree = { like: 'container', root: 'tree', files: { '/proc': null } } as const;
  const results = await checksOn(ids, tree);
  expect(results.filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([]);
  const told = results.filter(({ status }) => status !== 'skip').map(({ id }) => id);
  expect(told).toEqual([]);
});
