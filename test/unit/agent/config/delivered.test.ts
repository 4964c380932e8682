import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDelivered } from '../../../../agent/config/delivered.ts';
import { loadConfig } from '../../../../agent/config/load.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { ovfEnvironment, playTools } from '../../../support/ovf-environment.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conjurer-delivered-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, content: string): void {
  const real = join(root, path);
  mkdirSync(dirname(real), { recursive: true });
  writeFileSync(real, content);
  chmodSync(real, 0o600);
}

async function load(environment: Readonly<Record<string, string>> = {}) {
  const host = localHost({ root });
  return loadConfig({ host, configFile: null, flags: [], environment, delivered: await readDelivered(host) });
}

async function refusal(properties: Readonly<Record<string, string>>): Promise<string> {
  playTools(root, ovfEnvironment(properties));
  const error = await load().catch((thrown: unknown) => thrown);
  if (!(error instanceof AgentError)) throw new Error(`it was not refused: ${JSON.stringify(error)}`);
  return `${error.code} ${error.exitStatus}: ${error.message} | ${error.seen}`;
}

describe('OVF properties', () => {
  it('stand between the drop-ins and the environment, and status says so', async () => {
    put('/etc/conjurer/conjurer.yaml', 'edgeName: file\nlog: { level: warn }\nenrolment: { splaySeconds: 5 }\n');
    put('/etc/conjurer/conjurer.yaml.d/10.yaml', 'enrolment: { splaySeconds: 6, deadlineSeconds: 6 }\n');
    playTools(
      root,
      ovfEnvironment({
        'conjurer.edgeName': ' from-ovf ',
        'conjurer.enrolment.splaySeconds': '7',
        'conjurer.log.level': 'debug',
        'conjurer.firewall.tcp': '80, 443,8443',
        'conjurer.firewall.enabled': '',
        'conjurer.proxy.https': 'http://proxy:3128',
        hostname: 'for-cloud-init',
      }),
    );
    const { values, origins } = await load({ CONJURER_LOG_LEVEL: 'error' });
    expect(values).toMatchObject({
      edgeName: 'from-ovf',
      enrolment: { splaySeconds: 7, deadlineSeconds: 6 },
      log: { level: 'error' },
      firewall: { tcp: [80, 443, 8443], enabled: true },
      proxy: { https: 'http://proxy:3128' },
    });
    expect(origins).toMatchObject({
      edgeName: 'OVF property conjurer.edgeName',
      'enrolment.splaySeconds': 'OVF property conjurer.enrolment.splaySeconds',
      'log.level': 'environment CONJURER_LOG_LEVEL',
      'firewall.enabled': 'default',
    });
  });

  it('can ask for one address of one card in a form', async () => {
    playTools(
      root,
      ovfEnvironment({
        'conjurer.network.address': '10.0.0.10/24',
        'conjurer.network.gateway': '10.0.0.1',
        'conjurer.network.nameservers': '10.0.0.2, 10.0.0.3',
        'conjurer.network.search': 'example.com',
        'conjurer.network.hostname': 'edge-1',
        'conjurer.network.ntp.servers': '10.0.0.4,ntp.example.com',
      }),
    );
    const { values, origins } = await load();
    expect(values.network).toMatchObject({
      hostname: 'edge-1',
      ntp: { servers: ['10.0.0.4', 'ntp.example.com'] },
      ethernets: {
        ens192: {
          addresses: ['10.0.0.10/24'],
          routes: [{ to: '0.0.0.0/0', via: '10.0.0.1' }],
          nameservers: { addresses: ['10.0.0.2', '10.0.0.3'], search: ['example.com'] },
        },
      },
    });
    expect(origins['network.ethernets']).toBe('OVF property conjurer.network.address and its like');
  });

  it.each([
    ['as base64', (yaml: string) => Buffer.from(yaml).toString('base64')],
    ['as it is', (yaml: string) => yaml],
  ])('can hold a whole configuration %s, below the single ones', async (_name, write) => {
    const yaml = 'edgeName: in-yaml\nfirewall:\n  allow: [{ port: 22, cidrs: [10.0.0.0/8] }]\n';
    playTools(root, ovfEnvironment({ 'conjurer.config': write(yaml), 'conjurer.edgeName': 'single' }));
    const { values, origins } = await load();
    expect(values.edgeName).toBe('single');
    expect(values.firewall.allow).toEqual([{ port: 22, protocol: 'tcp', cidrs: ['10.0.0.0/8'] }]);
    expect(origins['firewall.allow']).toBe('OVF property conjurer.config, line 3');
  });

  it('are not there where VMware says so, or where somebody blanked them', async () => {
    for (const said of ['No value found\n', '---', '']) {
      playTools(root, said);
      expect(await readDelivered(localHost({ root }))).toBeNull();
    }
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a mistyped name', { 'conjurer.edgename': 'x' }, /E_CONFIG_INVALID 78: .*did you mean conjurer.edgeName/],
    ['a name that is none', { 'conjurer.zzzzzzzz': 'x' }, /conjurer.zzzzzzzz is no setting \|/],
    ['a section as text', { 'conjurer.firewall.allow': '22' }, /conjurer.firewall.allow is no setting/],
    ['a value that does not fit', { 'conjurer.log.level': 'loud' }, /OVF property conjurer.log.level: .*"loud"/],
    ['an address that is none', { 'conjurer.network.address': '10.0.0.10' }, /conjurer.network.address and its like/],
    ['a password of a proxy', { 'conjurer.proxy.https': 'http://me:secret@proxy:1' }, /holds a password/],
    ['YAML that is none', { 'conjurer.config': 'edgeName: [' }, /OVF property conjurer.config, line 1/],
  ])('refuses %s', async (_name, properties, says) => {
    const said = await refusal(properties);
    expect(said).toMatch(says);
    expect(said).not.toContain('me:secret');
  });

  it.each([
    ['a document type', (text: string) => text.replace('<Environment', '<!DOCTYPE a [<!ENTITY b "c">]><Environment')],
    ['a document that is cut', (text: string) => text.slice(0, 300)],
  ])('refuses %s', async (_name, change) => {
    playTools(root, change(ovfEnvironment({ 'conjurer.edgeName': 'x' })));
    await expect(load()).rejects.toMatchObject({
      code: 'E_CONFIG_INVALID',
      message: expect.stringMatching(/^the OVF environment on guestinfo.ovfEnv cannot be read/),
    });
  });

  it('give the secrets apart, the credentials byte by byte', async () => {
    const pem = Buffer.from('-----BEGIN X-----\r\nAAAA\r\n-----END X-----\r\n');
    playTools(
      root,
      ovfEnvironment({ 'conjurer.passphrase': 'pass word', 'conjurer.credentials': pem.toString('base64') }),
    );
    const delivered = await readDelivered(localHost({ root }));
    expect(delivered?.secrets).toEqual({ passphrase: Buffer.from('pass word'), credentials: pem });
    expect(delivered?.settings).toEqual({});
    const { values } = await load();
    expect(values.passphraseFile).toEqual({
      path: '/etc/conjurer/passphrase',
      from: 'root',
      delivered: Buffer.from('pass word'),
    });
  });
});
