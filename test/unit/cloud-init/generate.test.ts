import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { deliveredSources } from '../../../agent/config/delivered-sources.ts';
import { ConfigFile } from '../../../agent/config/schema.ts';
import { readEnvironment } from '../../../bootstrap/ovf/environment.ts';
import { readFromIso } from '../../../bootstrap/ovf/iso9660.ts';
import { generate } from '../../../cloud-init/generate/generate.ts';
import { parseOptions } from '../../../cloud-init/generate/options.ts';
import { network } from '../../../image/ova/hardware.ts';
import { propertyClasses } from '../../../image/ova/properties.ts';
import { onRung } from '../../binary/build/rung.ts';
import {
  credentials,
  everything,
  generated,
  passphrase,
  propertiesOf,
  sshKey,
  unpacked,
} from '../../cloud-init/generated.ts';
import { discObstacle } from '../../support/ovf-environment.ts';

interface UserData {
  readonly write_files: readonly { path: string; permissions: string; encoding?: string; content: string }[];
  readonly [key: string]: unknown;
}

const files = generated(...everything);
const userData = parse(files['nocloud/user-data'] ?? '') as UserData;
const file = (path: string) => userData.write_files.find(one => one.path === path);

describe('the user-data', () => {
  it('brings both files of the Controller byte by byte, for root alone', () => {
    for (const [path, content] of [
      ['/etc/conjurer/passphrase', passphrase],
      ['/etc/conjurer/credentials.pem', credentials],
    ] as const) {
      expect({ ...file(path), content: unpacked(file(path)?.content) }).toMatchObject({
        permissions: '0400',
        owner: 'root:root',
        encoding: 'b64',
        content,
      });
    }
  });

  it('brings a configuration that conjurer takes', () => {
    expect(
      ConfigFile.parse(withoutNull(parse(file('/etc/conjurer/conjurer.yaml.d/50-machine.yaml')?.content ?? ''))),
    ).toMatchObject({
      edgeName: 'Edge_1.a',
      firewall: { tcp: [80, 443], allow: [{ port: 22, cidrs: ['10.0.0.0/8', 'fd00::/8'] }] },
      network: { ntp: { servers: ['10.0.0.4', 'ntp.example.com'] } },
      proxy: { https: 'http://proxy.example.com:3128' },
    });
    const bare = parse(generated()['nocloud/user-data'] ?? '') as UserData;
    const content = bare.write_files.find(one => one.path.endsWith('.yaml'))?.content ?? '';
    expect(ConfigFile.parse(withoutNull(parse(content)))).toMatchObject({
      edgeName: 'Edge_1.a',
      firewall: { allow: [] },
    });
    expect(bare).not.toHaveProperty('ssh_authorized_keys');
    expect(bare).not.toHaveProperty('disk_setup');
  });

  it('has nothing that cloud-init 18.2 does not know, and starts nothing itself', () => {
    const known = [
      'growpart',
      'resize_rootfs',
      'disk_setup',
      'fs_setup',
      'mounts',
      'ssh_pwauth',
      'ssh_authorized_keys',
    ];
    expect(Object.keys(userData).toSorted()).toEqual([...known, 'write_files'].toSorted());
    const text = files['nocloud/user-data'] ?? '';
    expect(text.startsWith('#cloud-config\n')).toBe(true);
    expect(text).not.toMatch(/## template|\{\{|defer:|\$\{/);
  });

  it('is the same for NoCloud and for vSphere', () => {
    expect(files['vsphere-guestinfo/userdata']).toBe(files['nocloud/user-data']);
  });
});

describe('the network', () => {
  it('is the same in all three ways, but for where it stands', () => {
    const nocloud = parse(files['nocloud/network-config'] ?? '');
    const { match, ...card } = nocloud.ethernets.ens192;
    expect(match).toEqual({ macaddress: '52:54:00:12:34:56' });
    expect(card).toMatchObject({ dhcp4: false, routes: [{ to: '0.0.0.0/0', via: '10.0.0.1' }] });
    const metadata = parse(files['vsphere-guestinfo/metadata'] ?? '');
    expect(metadata).toMatchObject({ 'instance-id': 'Edge_1.a', 'local-hostname': 'edge-1-a', redact: ['userdata'] });
    expect(metadata.network).toEqual({ version: 2, ethernets: { ens192: card } });
    const property = propertiesOf(files['vsphere-ovf/options.json'])['network-config'];
    expect(parse(unpacked(property)).network).toEqual(metadata.network);
  });
});

describe('the vApp properties', () => {
  const properties = propertiesOf(files['vsphere-ovf/options.json']);

  it('are those that the OVA asks for, with its size and its network', () => {
    const asked = propertyClasses.flatMap(({ name, properties: own }) =>
      own.map(({ key }) => (name === '' ? key : `${name}.${key}`)),
    );
    expect(Object.keys(properties).filter(key => !asked.includes(key))).toEqual([]);
    expect(JSON.parse(files['vsphere-ovf/options.json'] ?? '')).toMatchObject({
      Name: 'Edge_1.a',
      Deployment: 'large',
      NetworkMapping: [{ Name: network }],
    });
  });

  it('are taken by conjurer', () => {
    expect(properties['conjurer.passphrase']).toBe(passphrase);
    expect(unpacked(properties['conjurer.credentials'])).toBe(credentials);
    expect(properties['public-keys']).toBe(sshKey);
    const settings = Object.fromEntries(
      Object.entries(properties)
        .filter(([key, value]) => key.startsWith('conjurer.') && value !== '')
        .map(([key, value]) => [key.replace('conjurer.', ''), value])
        .filter(([key]) => key !== 'passphrase' && key !== 'credentials'),
    );
    const delivered = { settings, secrets: {}, source: null, warnings: [] };
    const [yaml, single] = deliveredSources(delivered, ({ value }) => ({ value, where: key => key }));
    expect(ConfigFile.parse({ ...yaml?.value, ...single?.value })).toMatchObject({
      edgeName: 'Edge_1.a',
      firewall: { allow: [{ port: 22, cidrs: ['10.0.0.0/8', 'fd00::/8'] }] },
      network: { ntp: { servers: ['10.0.0.4', 'ntp.example.com'] } },
    });
  });
});

describe('the command', () => {
  let folder = '';
  const required = () => [
    ...['--edge-name', 'edge-1', '--out', join(folder, 'out')],
    ...['--passphrase-file', join(folder, 'p'), '--creds-file', join(folder, 'c')],
  ];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'conjurer-command-'));
    writeFileSync(join(folder, 'p'), passphrase);
    writeFileSync(join(folder, 'c'), credentials);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each<[string, string[], RegExp]>([
    ['an option that is none', ['--name', 'x'], /Unknown option '--name'/],
    ['a name that breaks out of its quotes', ['--edge-name', "x'\nruncmd: [a]"], /--edge-name: an edge name/],
    ['a list with something else', ['--ssh-from', '10.0.0.0/8], x: ['], /--ssh-from/],
    ['an address without its prefix length', ['--address', '10.0.0.10', '--gateway', '10.0.0.1'], /--address/],
    ['an address without a gateway', ['--address', '10.0.0.10/24'], /go together/],
    ['a way that is none', ['--for', 'floppy'], /--for/],
    ['a file that is not there', ['--ssh-key', '/nowhere'], /ENOENT.*\/nowhere/],
    ['a private key', ['--ssh-key', 'KEY'], /holds no public key/],
  ])('refuses %s', (_name, options, says) => {
    writeFileSync(join(folder, 'private'), '-----BEGIN OPENSSH PRIVATE KEY-----\n');
    const given = options.map(option => (option === 'KEY' ? join(folder, 'private') : option));
    expect(() => parseOptions([...required(), ...given])).toThrowError(says);
  });

  it('writes for its owner alone', () => {
    const paths = generate(parseOptions(required()));
    expect(paths.map(path => path.slice(folder.length))).toEqual([
      '/out/nocloud/user-data',
      '/out/nocloud/meta-data',
      '/out/nocloud/network-config',
    ]);
    for (const path of paths) expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  onRung('CDs of npm run cloud-init', discObstacle(), () => {
    it('makes the CDs, which conjurer and cloud-init find by their labels', async () => {
      const ways = ['--for', 'nocloud', '--for', 'vsphere-ovf', '--for', 'vsphere-guestinfo', '--iso'];
      const discs = generate(parseOptions([...required(), ...ways])).filter(path => path.endsWith('.iso'));
      const [seed, ovf] = discs.map(path => readFileSync(path));
      expect(discs.map(path => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
      expect(seed?.toString('latin1', 16 * 2048 + 40, 16 * 2048 + 46)).toBe('CIDATA');
      expect(ovf?.toString('latin1', 16 * 2048 + 40, 16 * 2048 + 53)).toBe('OVF-TRANSPORT');
      const read = (image: Buffer | undefined, name: string) =>
        readFromIso(async (at, length) => image?.subarray(at, at + length) ?? Buffer.alloc(0), name, 1 << 20);
      expect((await read(seed, 'user-data'))?.toString()).toMatch(/^#cloud-config\n/);
      const properties = readEnvironment((await read(ovf, 'ovf-env.xml'))?.toString() ?? '');
      expect(properties.find(({ key }) => key === 'conjurer.passphrase')?.value).toBe(passphrase);
    });
  });
});

/** conjurer takes a section without keys for one that is not there. */
function withoutNull(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}
