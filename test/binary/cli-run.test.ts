import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { ran, type Started, start } from '../support/started.ts';
import { builtBinary } from './build/binary.ts';

let conjurer = '';
let lab: Lab;
let root = '';
let started: Started[] = [];

beforeAll(async () => {
  conjurer = builtBinary();
  lab = await openLab();
});
afterAll(() => lab.close());
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conjurer-cli-run-'));
  started = [];
});
afterEach(async () => {
  for (const one of started) one.process.kill('SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
  rmSync(root, { recursive: true });
});

function enrolFiles(name: string, passphrase = lab.passphrase, credentials = lab.credentials): void {
  const folder = join(root, 'etc/conjurer');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'conjurer.yaml'),
    `edgeName: ${name}\nenrolment: { splaySeconds: 0, timeSyncSeconds: 0 }\n`,
    {
      mode: 0o600,
    },
  );
  writeFileSync(join(folder, 'passphrase'), passphrase, { mode: 0o400 });
  writeFileSync(join(folder, 'credentials.pem'), credentials, { mode: 0o400 });
}

const inTree = (...args: string[]) => ran(conjurer, ['--root', root, ...args]);

function begin(...args: string[]): Started {
  const one = start(conjurer, ['--root', root, ...args]);
  started.push(one);
  return one;
}

const log = () => readFileSync(join(root, 'var/log/conjurer/conjurer.log'), 'utf8');

describe('waiting for approval', () => {
  it('run --no-wait ends with 20 and shows what a person compares', async () => {
    enrolFiles('edge-no-wait');
    const { status, stdout, stderr } = await inTree('run', '--no-wait');
    expect(status).toBe(20);
    expect(stdout.trimEnd()).toMatch(/Z register: waits for a person$/);
    expect(stdout).not.toMatch(/claim code|fingerprint/);
    expect(stderr).toContain('waiting E_WAITING: edge-no-wait is registered, and nobody has approved it yet\n');
    expect(stderr).toMatch(/claim code {2}[0-9A-Z]{4}-[0-9A-Z]{4}\n/);
    expect(stderr).toMatch(/fingerprint SHA256:\S{43}\n/);

    const again = await inTree('run', '--no-wait', '--json');
    expect(again.status).toBe(20);
    const { error } = JSON.parse(again.stdout) as { error: { code: string; data: Record<string, string> } };
    expect(error.code).toBe('E_WAITING');
    expect(error.data.claimCode).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    const shown = (await inTree('status')).stdout;
    expect(shown).toContain('edge-no-wait: waiting, and no run is under way\n');
    expect(shown).toContain(`claim code   ${error.data.claimCode}`);
    expect(shown.trimEnd()).toMatch(new RegExp(`Next: .*, then: conjurer --root ${root} run$`));
  });

  it('another run is told of the first, Ctrl-C stops it with 130, SIGTERM the next with 143', async () => {
    enrolFiles('edge-signals');
    const first = begin('run');
    await first.said('waiting for approval');
    const second = await inTree('run');
    expect(second.status).toBe(75);
    expect(second.stderr).toContain('error E_LOCKED');
    expect(second.stderr).toContain(String(first.process.pid));
    expect((await inTree('status')).stdout).toContain('an admin of the Controller');

    first.process.kill('SIGINT');
    const ended = await first.ended;
    expect(ended.status).toBe(130);
    expect(ended.stderr).toContain('stopped E_INTERRUPTED: stopped at a safe point by Ctrl-C');

    const third = begin('run');
    await third.said('waiting for approval');
    third.process.kill('SIGTERM');
    const { status, stderr } = await third.ended;
    expect(status).toBe(143);
    expect(stderr).toContain('type the same command again: it goes on from here');
    expect((await inTree('status')).stdout).toMatch(
      new RegExp(`: interrupted in register, and can go on\n[^]*Next: conjurer --root ${root} run\n$`),
    );
  });
});

describe('inputs', () => {
  it('a wrong passphrase ends with 78, says what to do, and is nowhere to be read', async () => {
    const wrong = 'a-wrong-passphrase-that-is-a-canary';
    enrolFiles('edge-wrong', wrong);
    const { status, stdout, stderr } = await inTree('run', '--log-level', 'debug');
    expect(status).toBe(78);
    expect(stderr).toContain('error E_PASSPHRASE_WRONG');
    expect(stderr).toContain('What to do next\n');
    const json = await inTree('run', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: { code: 'E_PASSPHRASE_WRONG', problem: 'passphrase_wrong', exitStatus: 78, fixer: 'technician' },
    });
    for (const text of [stdout, stderr, json.stdout, json.stderr, log()]) expect(text).not.toContain('canary');
  });

  it('no secret is in output, log or state that others may read', async () => {
    enrolFiles('edge-secrets');
    const { stdout, stderr } = await inTree('run', '--no-wait', '--log-level', 'debug');
    const key = readFileSync(join(root, 'var/lib/conjurer/node.key'), 'utf8').split('\n')[1] ?? '';
    expect(key.length).toBeGreaterThan(20);
    const status = readFileSync(join(root, 'run/conjurer/status.json'), 'utf8');
    for (const text of [stdout, stderr, log(), status]) {
      expect(text).not.toContain(lab.passphrase);
      expect(text).not.toContain(key);
      expect(text).not.toContain('PRIVATE KEY');
    }
  });
});

describe('the way to the Controller', () => {
  it('preflight walks it layer by layer', async () => {
    enrolFiles('edge-preflight');
    const { status, stdout } = await inTree('preflight', '--json');
    const report = JSON.parse(stdout) as { checks: { id: string; status: string }[] };
    const failed = report.checks.filter(check => check.status === 'fail');
    expect(failed).toEqual([]);
    // On a machine under load the clock may seem to differ, which is a warning.
    expect(status).toBe(report.checks.some(check => check.status === 'warn') ? 4 : 0);
    expect(report.checks.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['credentials', 'controller-tls', 'controller-http']),
    );
  });

  it('what blocks ends a run with 3 before anything is changed; a waiver lets it go on, until it ends', async () => {
    const waive = (expires: string) =>
      `preflight: { waive: [{ id: kubernetes-config, reason: lab, author: J. Doe, expires: ${expires} }] }\n`;
    const configuration = join(root, 'etc/conjurer/conjurer.yaml');
    enrolFiles('edge-residue');
    const plain = readFileSync(configuration, 'utf8');
    mkdirSync(join(root, 'etc/kubernetes'));
    writeFileSync(join(root, 'etc/kubernetes/admin.conf'), '');

    const refused = await inTree('run', '--no-wait');
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain('error E_PREFLIGHT_FAILED: preflight kubernetes-config failed');
    expect(refused.stderr).toContain('kubeadm reset, or move /etc/kubernetes away; then: conjurer');
    const { stages } = JSON.parse((await inTree('status', '--json')).stdout) as {
      stages: { name: string; state: string }[];
    };
    expect(stages.slice(0, 3).map(({ name, state }) => `${name} ${state}`)).toEqual([
      'facts done',
      'preflight failed',
      'network pending',
    ]);

    writeFileSync(configuration, `${plain}${waive('2999-12-31')}`);
    const waived = await inTree('preflight', '--json');
    expect(waived.status).toBe(4);
    const { checks } = JSON.parse(waived.stdout) as { checks: { id: string; status: string }[] };
    expect(checks.find(({ id }) => id === 'kubernetes-config')).toMatchObject({
      status: 'fail',
      waived: { reason: 'lab', author: 'J. Doe', expires: '2999-12-31' },
    });
    expect((await inTree('run', '--no-wait')).status).toBe(20);

    writeFileSync(configuration, `${plain}${waive('2020-01-01')}`);
    const ended = await inTree('preflight');
    expect(ended.status).toBe(3);
    expect(ended.stdout).toMatch(/^\[-\] kubernetes-config .*admin\.conf \(the waiver of J\. Doe ended 2020-01-01\)/m);
  });

  it('a stray proxy, CA or switch in the environment changes nothing', async () => {
    enrolFiles('edge-environment');
    const nowhere = 'http://127.0.0.1:1';
    const env = {
      HTTPS_PROXY: nowhere,
      https_proxy: nowhere,
      ALL_PROXY: nowhere,
      SSL_CERT_FILE: '/nonexistent',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_USE_ENV_PROXY: '1',
    };
    const { stdout, stderr } = await ran(conjurer, ['--root', root, 'preflight'], { env });
    expect(stderr).toBe('');
    expect(stdout).toContain('[+] controller-tls');
    expect(stdout).toContain('[+] controller-http');
  });

  it('a Controller that is down ends a run with 69 at the deadline', async () => {
    const other = await openLab();
    enrolFiles('edge-down', other.passphrase, other.credentials);
    await other.close();
    const { status, stderr } = await inTree('run', '--deadline', '1');
    expect(status).toBe(69);
    expect(stderr).toContain('error E_CONTROLLER_UNREACHABLE');
    expect(stderr).toContain('What to do next\n  check that the Controller runs');
    const preflight = await inTree('preflight');
    expect(preflight.status).toBe(3);
    expect(preflight.stdout).toContain('[-] controller-tcp');
  });
});
