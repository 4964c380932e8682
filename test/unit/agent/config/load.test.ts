import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig, type LoadOptions, loadConfig, requiredEdgeName } from '../../../../agent/config/load.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conjurer-config-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const main = '/etc/conjurer/conjurer.yaml';

function put(path: string, content: string | Uint8Array, mode = 0o600): string {
  const real = join(root, path);
  mkdirSync(dirname(real), { recursive: true });
  writeFileSync(real, content);
  chmodSync(real, mode);
  return real;
}

const load = (options: Partial<LoadOptions> = {}) =>
  loadConfig({ host: localHost({ root }), configFile: null, flags: [], environment: {}, ...options });

async function refusal(options: Partial<LoadOptions> = {}) {
  const error = await load(options).catch((thrown: unknown) => thrown);
  if (!(error instanceof AgentError)) throw new Error(`it was not refused: ${JSON.stringify(error)}`);
  const { code, message, seen, wanted, next, data } = error;
  return { code, message, seen, wanted, next, data };
}

describe('where values come from', () => {
  it('has a default for everything but edgeName', async () => {
    const { values, origins, warnings } = await load();
    expect(values).toMatchObject({
      edgeName: null,
      passphraseFile: { path: '/etc/conjurer/passphrase', from: 'root' },
      credentialsFile: { path: '/etc/conjurer/credentials.pem', from: 'root' },
      enrolment: { splaySeconds: 60, deadlineSeconds: 900, timeSyncSeconds: 90 },
      proxy: { http: '', https: '', noProxy: [], caFile: '' },
      log: { level: 'info' },
    });
    expect(new Set(Object.values(origins))).toEqual(new Set(['default']));
    expect(warnings).toEqual([]);
    expect(() => requiredEdgeName(values)).toThrowError('edgeName is not set');
  });

  it('takes defaults, file, drop-ins by name, environment, flags, the later over the earlier', async () => {
    put(main, 'edgeName: file\nenrolment:\n  splaySeconds: 1\n  deadlineSeconds: 1\nproxy:\n  noProxy: [a, b]\n');
    put(`${main}.d/20-b.yaml`, 'enrolment: { deadlineSeconds: 20 }\nlog: { level: warn }\n');
    put(`${main}.d/10-a.yaml`, 'enrolment: { deadlineSeconds: 10, timeSyncSeconds: 10 }\nproxy: { noProxy: [c] }\n');
    put(`${main}.d/30-not-read.txt`, 'edgeName: [');
    put(`${main}.d/.hidden.yaml`, 'edgeName: [');
    const { values, origins } = await load({
      environment: { CONJURER_LOG_LEVEL: 'error', CONJURER_EDGE_NAME: 'environment', PATH: '/bin' },
      flags: [{ key: 'edgeName', flag: '--edge-name', value: 'flag' }],
    });
    expect(values.edgeName).toBe('flag');
    expect(values.enrolment).toMatchObject({ splaySeconds: 1, deadlineSeconds: 20, timeSyncSeconds: 10 });
    expect(values.proxy.noProxy).toEqual(['c']);
    expect(values.log.level).toBe('error');
    expect(origins).toMatchObject({
      edgeName: '--edge-name',
      'enrolment.splaySeconds': `${main}, line 3`,
      'enrolment.deadlineSeconds': `${main}.d/20-b.yaml, line 1`,
      'log.level': 'environment CONJURER_LOG_LEVEL',
      'proxy.http': 'default',
    });
  });

  it('reads --config as the person typed it, also with a root, and then no drop-ins', async () => {
    put(main, 'edgeName: inside\n');
    put(`${main}.d/10.yaml`, 'edgeName: drop-in\n');
    const typed = put('/elsewhere.yaml', 'edgeName: typed\npassphraseFile: /in/the/root\n');
    const { values, origins } = await load({ configFile: typed });
    expect(values.edgeName).toBe('typed');
    expect(origins.edgeName).toBe(`${typed}, line 1`);
    expect(values.passphraseFile).toEqual({ path: '/in/the/root', from: 'root' });
  });

  it('takes a path from a flag as typed, from the working directory', async () => {
    const { values } = await load({
      flags: [{ key: 'credentialsFile', flag: '--creds-file', value: 'creds.pem' }],
    });
    expect(values.credentialsFile).toEqual({ path: join(process.cwd(), 'creds.pem'), from: 'typed' });
  });

  it('reads numbers and lists from the environment', async () => {
    const { values } = await load({
      environment: { CONJURER_ENROLMENT_SPLAY_SECONDS: '7', CONJURER_ENROLMENT_PATIENCE_WAIT_SPREAD: '0.25' },
    });
    expect(values.enrolment.splaySeconds).toBe(7);
    expect(values.enrolment.patience.wait.spread).toBe(0.25);
  });

  it('takes an empty file, and a section with every key commented out, as nothing', async () => {
    put(main, '# edgeName: x\n');
    put(`${main}.d/10.yaml`, 'enrolment:\n  patience:\n    # tokens: 3\nlog:\n');
    expect((await load()).values.enrolment.splaySeconds).toBe(60);
  });
});

describe('what is refused, in words for the technician', () => {
  it('names the nearest key, its line, and what is known', async () => {
    put(main, 'edgeName: x\nenrolment:\n  splay_second: 3\n');
    expect(await refusal()).toMatchInlineSnapshot(`
      {
        "code": "E_CONFIG_INVALID",
        "data": {
          "key": "enrolment.splay_second",
        },
        "message": "/etc/conjurer/conjurer.yaml, line 3: unknown key enrolment.splay_second, did you mean splaySeconds?",
        "next": "correct the key that is named, then: conjurer run",
        "seen": "enrolment.splay_second",
        "wanted": "one of enrolment.splaySeconds, enrolment.deadlineSeconds, enrolment.timeSyncSeconds, enrolment.confirmSeconds, enrolment.heartbeatSeconds, enrolment.patience",
      }
    `);
  });

  it('finds a key that was put into the wrong section', async () => {
    put(main, 'splaySeconds: 3\n');
    expect((await refusal()).message).toMatchInlineSnapshot(
      `"/etc/conjurer/conjurer.yaml, line 1: unknown key splaySeconds, did you mean enrolment.splaySeconds?"`,
    );
  });

  it('does not guess where nothing is near', async () => {
    put(main, 'frobnicate: 3\n');
    expect((await refusal()).message).toMatchInlineSnapshot(
      `"/etc/conjurer/conjurer.yaml, line 1: unknown key frobnicate"`,
    );
  });

  it.each([
    ['edgeName: 007', 'a number that should have been text'],
    ['edgeName: "-x"', 'a name that does not fit'],
    ['edgeName:', 'nothing'],
    ['passphraseFile: relative/path', 'a relative path'],
    ['enrolment: { splaySeconds: soon }', 'a word for a number'],
    ['enrolment: { splaySeconds: -1 }', 'a number below the least'],
    ['enrolment: { splaySeconds: 1.5 }', 'a broken number'],
    ['enrolment: 5', 'a value for a section'],
    ['enrolment: { patience: { wait: { spread: 2 } } }', 'a number above the most'],
    ['log: { level: loud }', 'an unknown choice'],
    ['proxy: { noProxy: a.example }', 'a text for a list'],
    ['proxy: { noProxy: [1] }', 'a number in a list of texts'],
    ['proxy: { caFile: ca.pem }', 'a relative path in the proxy section'],
    ['network: { hostname: Edge_1 }', 'a name that is none'],
    ['network: { ethernets: ens192 }', 'a text for names with sections'],
    ['network: { ethernets: { ens192: { addresses: [10.0.0.10] } } }', 'an address without its length'],
    ['network: { ethernets: { ens192: { gateway4: 10.0.0.1 } } }', 'a key that is not applied, below an interface'],
    ['preflight: { waive: [{ id: memry, reason: lab, author: J, expires: 2027-01-31 }] }', 'a waiver of no check'],
    ['preflight: { waive: [{ id: root, reason: lab, author: J, expires: 2027-01-31 }] }', 'a waiver that cannot be'],
    ['preflight: { waive: [{ id: memory, reason: lab, author: J }] }', 'a waiver without an end'],
    [
      'preflight: { waive: [{ id: memory, reason: lab, author: J, expires: soon }] }',
      'a waiver with a word as its end',
    ],
    ['preflight: { requirements: { cpu: 0 } }', 'a number below the least, two sections deep'],
    ['bundle: { recipients: [ssh-ed25519] }', 'a recipient that is none of age'],
    ['bundle: { budget: { bytes: 200 } }', 'a size without its unit'],
    ['network: { vlans: { v5: { id: 4095, link: ens192 } } }', 'a number above the most, below an interface'],
  ])('%s (%s)', async line => {
    put(main, `${line}\n`);
    const { code, message, seen, wanted } = await refusal();
    expect(code).toBe('E_CONFIG_INVALID');
    expect(`${message} | seen ${seen} | wanted ${wanted}`).toMatchSnapshot();
  });

  it('never shows what may be a password', async () => {
    put(main, 'proxy: { https: "user:hunter2@proxy:3128" }\n');
    const error = await refusal();
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(error).toMatchObject({
      message: `${main}, line 1: proxy.https has a value that does not fit`,
      wanted: 'http://HOST:PORT or https://USER:PASSWORD@HOST:PORT, or "" for none',
    });
  });

  it('tells of everything that is wrong, the first in full', async () => {
    put(main, 'edgName: x\nlog: { level: loud }\nbundel: {}\n');
    const { message, data } = await refusal();
    expect({ message, data }).toMatchInlineSnapshot(`
      {
        "data": {
          "also": "/etc/conjurer/conjurer.yaml, line 3: unknown key bundel, did you mean bundle?; /etc/conjurer/conjurer.yaml, line 2: log.level has a value that does not fit",
          "key": "edgName",
        },
        "message": "/etc/conjurer/conjurer.yaml, line 1: unknown key edgName, did you mean edgeName?",
      }
    `);
  });

  it.each([
    ['a: 1\na: 2\n', 'a key twice'],
    ['edgeName: [\n', 'an open bracket'],
    ['enrolment:\n\tsplaySeconds: 1\n', 'a tab'],
    ['edgeName: x\n---\nedgeName: y\n', 'two documents'],
    ['edgeName: !secret x\n', 'a tag'],
    ['edgeName: &a x\nlog: *a\n', 'an alias'],
    ['- edgeName\n', 'a list'],
    ['edgeName\n', 'a single word'],
  ])('%j (%s)', async text => {
    put(main, text);
    const { code, message, seen } = await refusal();
    expect(code).toBe('E_CONFIG_INVALID');
    expect(`${message} | seen ${seen}`).toMatchSnapshot();
  });

  it('refuses a bomb of aliases, a bomb of brackets, a huge file and bytes that are no text', async () => {
    put(main, `a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nedgeName: [*c,*c]\n`);
    expect((await refusal()).message).toBe(`${main}, line 2: an alias is not allowed`);
    put(main, `edgeName: ${'['.repeat(100_000)}`);
    expect(await refusal()).toMatchObject({ code: 'E_CONFIG_INVALID' });
    put(main, `# ${'x'.repeat(300_000)}\n`);
    expect(await refusal()).toMatchObject({ message: `${main} is too large`, wanted: 'at most 262144 bytes' });
    put(main, new Uint8Array([0x65, 0xff, 0xfe]));
    expect((await refusal()).message).toBe(`${main} is not text in UTF-8`);
  });

  it('refuses a --config that is not there', async () => {
    expect(await refusal({ configFile: join(root, 'none.yaml') })).toMatchObject({ code: 'E_USAGE' });
  });
});

describe('the environment', () => {
  it('names the nearest variable', async () => {
    expect(await refusal({ environment: { CONJURER_EDGENAME: 'x' } })).toMatchInlineSnapshot(`
      {
        "code": "E_CONFIG_INVALID",
        "data": {
          "key": "CONJURER_EDGENAME",
        },
        "message": "the environment sets CONJURER_EDGENAME, which is no key of the configuration, did you mean CONJURER_EDGE_NAME?",
        "next": "unset CONJURER_EDGENAME or set CONJURER_EDGE_NAME, then: conjurer run",
        "seen": "CONJURER_EDGENAME",
        "wanted": "one of CONJURER_EDGE_NAME, CONJURER_PASSPHRASE_FILE, CONJURER_CREDENTIALS_FILE, CONJURER_ENROLMENT_SPLAY_SECONDS, CONJURER_ENROLMENT_DEADLINE_SECONDS, CONJURER_ENROLMENT_TIME_SYNC_SECONDS, CONJURER_ENROLMENT_CONFIRM_SECONDS, CONJURER_ENROLMENT_HEARTBEAT_SECONDS, CONJURER_NETWORK_HOSTNAME, CONJURER_NETWORK_CONFIRM_SECONDS, CONJURER_NETWORK_NTP_SERVERS, CONJURER_FIREWALL_ENABLED, CONJURER_FIREWALL_UPLINKS, CONJURER_FIREWALL_TCP, CONJURER_FIREWALL_PEERS, CONJURER_FIREWALL_NODE_PORTS_RANGE, CONJURER_FIREWALL_NODE_PORTS_OPEN, CONJURER_PREFLIGHT_REQUIREMENTS_CPU, CONJURER_PREFLIGHT_REQUIREMENTS_MEMORY_MIB, CONJURER_PREFLIGHT_REQUIREMENTS_DISK_GIB, CONJURER_PREFLIGHT_REQUIREMENTS_ROOT_FREE_GIB, CONJURER_PREFLIGHT_REQUIREMENTS_KERNEL, CONJURER_PREFLIGHT_REQUIREMENTS_RAW_VOLUME_GIB, CONJURER_PREFLIGHT_REQUIREMENTS_NAME_SERVER_PORT, CONJURER_BUNDLE_RECIPIENTS, CONJURER_BUNDLE_PRIVACY, CONJURER_BUNDLE_BUDGET_BYTES, CONJURER_BUNDLE_BUDGET_SECONDS, CONJURER_LOG_LEVEL",
      }
    `);
  });

  it('takes nothing that may hold a password', async () => {
    const error = await refusal({ environment: { CONJURER_PROXY_HTTPS: 'http://u:hunter2@p' } });
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(error.message).toBe('the environment sets CONJURER_PROXY_HTTPS, which is not allowed there');
  });

  it('says what was seen where a number was wanted', async () => {
    expect(await refusal({ environment: { CONJURER_ENROLMENT_SPLAY_SECONDS: 'soon' } })).toMatchObject({
      message: 'environment CONJURER_ENROLMENT_SPLAY_SECONDS: enrolment.splaySeconds has a value that does not fit',
      seen: '"soon"',
    });
  });
});

describe('who else can read the file', () => {
  it('warns of a file that is open to others', async () => {
    put(main, 'edgeName: x\n', 0o644);
    expect((await load()).warnings).toEqual([`${main} is open to others (mode 0644); chmod 0600 ${main}`]);
  });

  it('refuses it with the password of a proxy in it', async () => {
    put(main, 'proxy: { https: "http://user:hunter2@proxy:3128" }\n', 0o640);
    const error = await refusal();
    expect(error).toMatchObject({
      code: 'E_INPUT_UNSAFE',
      seen: 'open to others (mode 0640)',
      next: `chown root: ${main} && chmod 0600 ${main}, then: conjurer run`,
    });
    expect(JSON.stringify(error)).not.toContain('hunter2');
    put(main, 'proxy: { https: "http://user:hunter2@proxy:3128" }\n', 0o600);
    expect((await load()).values.proxy.https).toBe('http://user:hunter2@proxy:3128');
  });

  it('refuses a symlink to a file with a password in it', async () => {
    const target = put('/etc/conjurer/real.yaml', 'proxy: { https: "http://user:hunter2@proxy:3128" }\n');
    symlinkSync(target.slice(root.length), join(root, main));
    expect(await refusal()).toMatchObject({ code: 'E_INPUT_UNSAFE', seen: 'a symlink' });
  });
});

it('the defaults can be had without reading anything, under the flags', () => {
  const { values, origins } = defaultConfig([{ key: 'log.level', flag: '--log-level', value: 'debug' }]);
  expect(values).toMatchObject({ edgeName: null, log: { level: 'debug' }, enrolment: { splaySeconds: 60 } });
  expect(origins).toMatchObject({ 'log.level': '--log-level', edgeName: 'default' });
});
