import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { environmentXml } from '../../cloud-init/generate/environment-xml.ts';
import { onRung } from '../binary/build/rung.ts';
import { everything, generated, propertiesOf, sshKey, unpacked } from './generated.ts';
import { prepareRelease } from './release.ts';

const cases: readonly [string, Record<string, string>][] = [
  ['as little as possible', generated()],
  ['everything', generated(...everything)],
  ['IPv6', generated('--address', 'fd00::10/64', '--gateway', 'fd00::1')],
];

/** What cloud-init hands to netplan, and what netplan makes of it for systemd-networkd. */
const convert = `cloud-init devel net-convert -p network-config -k yaml -d out -D debian -O netplan -m ens192,52:54:00:12:34:56
mkdir -p root/etc/netplan
cp $(ls out/etc/netplan/*.yaml /etc/netplan/*.yaml) root/etc/netplan/
chmod 0600 root/etc/netplan/*
netplan generate --root-dir root
cat root/etc/netplan/* root/run/systemd/network/*`;

/** What cloud-init's own datasources make of an OVF environment and of guestinfo. */
const read = `import json
from cloudinit.sources import DataSourceOVF, DataSourceVMware
print(json.dumps(DataSourceOVF.read_ovf_environment(open('ovf-env.xml').read(), True)[0]))
print(json.dumps(DataSourceVMware.process_metadata(DataSourceVMware.load_json_or_yaml(open('metadata').read()))))
`;

const schema = (release: ReturnType<typeof prepareRelease>, text: string) =>
  release.run('cloud-init schema -c user-data', { 'user-data': text });

for (const name of ['bookworm', 'trixie']) {
  const release = prepareRelease(name);
  onRung(`cloud-init of ${name}`, release.obstacle, () => {
    describe(`cloud-init of ${name}`, { timeout: 120_000 }, () => {
      it.each(cases)('takes the user-data with %s', (_name, files) => {
        for (const file of ['nocloud/user-data', 'vsphere-guestinfo/userdata']) {
          const { status, said } = schema(release, files[file] ?? '');
          expect({ file, status, said }).toMatchObject({ status: 0 });
          expect(said).toMatch(/Valid (cloud-config|schema)/);
          expect(said).not.toMatch(/deprecat/i);
        }
      });

      it.each(cases)('and netplan take the network with %s', (_name, files) => {
        const networks = [
          files['nocloud/network-config'],
          files['vsphere-guestinfo/metadata']?.replace(/^[\s\S]*?^(?=network:)/m, ''),
          unpacked(propertiesOf(files['vsphere-ovf/options.json'])['network-config']),
        ];
        for (const network of networks) {
          const { status, said } = release.run(convert, { 'network-config': network ?? '' });
          expect({ network, said, status }).toMatchObject({ status: 0 });
          const wanted = network?.includes('addresses:')
            ? /^Address=(10\.0\.0\.10\/24|fd00::10\/64)$/m
            : /^DHCP=ipv4$/m;
          expect(said).toMatch(wanted);
          if (network?.includes('addresses:')) expect(said).toMatch(/^Gateway=(10\.0\.0\.1|fd00::1)$/m);
        }
      });

      it.each(cases)('finds name, key and network in the vApp properties and in guestinfo with %s', (_name, files) => {
        const { PropertyMapping } = JSON.parse(files['vsphere-ovf/options.json'] ?? '');
        const { status, said } = release.run('python3 read.py', {
          'read.py': read,
          'ovf-env.xml': environmentXml(PropertyMapping),
          metadata: files['vsphere-guestinfo/metadata'] ?? '',
        });
        expect({ status, said }).toMatchObject({ status: 0 });
        const [ovf, vmware] = said
          .trim()
          .split('\n')
          .map(line => JSON.parse(line));
        const network = parse(files['nocloud/network-config'] ?? '');
        delete network.ethernets.ens192.match;
        expect(ovf).toMatchObject({
          'instance-id': 'Edge_1.a',
          'local-hostname': 'edge-1-a',
          'network-config': network,
        });
        expect(vmware).toMatchObject({
          'instance-id': 'Edge_1.a',
          'local-hostname': 'edge-1-a',
          network: { config: network },
        });
        if (files === cases[1]?.[1]) expect(ovf['public-keys']).toBe(sshKey);
      });

      it('refuses what is wrong, so that the check can fail', () => {
        const good = cases[1]?.[1]['nocloud/user-data'] ?? '';
        expect(schema(release, good.replace("'0600'", '0600')).status).not.toBe(0);
        expect(schema(release, good.replace('#cloud-config', '#')).status).not.toBe(0);
        const bad = 'version: 2\nethernets: { ens192: { addresses: [10.0.0.300/24] } }\n';
        expect(release.run(convert, { 'network-config': bad }).status).not.toBe(0);
      });
    });
  });
}
