import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Facts } from '../../bootstrap/facts/facts.ts';
import { type Ended, ran, type StartOptions } from '../support/started.ts';
import { builtBinary } from './build/binary.ts';

let conjurer = '';
let root = '';

beforeAll(() => {
  conjurer = builtBinary();
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conjurer-cli-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const run = (args: readonly string[], options: StartOptions = {}): Promise<Ended> => ran(conjurer, args, options);
const inTree = (...args: string[]) => run(['--root', root, ...args]);

function configure(text: string): void {
  mkdirSync(join(root, 'etc/conjurer'), { recursive: true });
  writeFileSync(join(root, 'etc/conjurer/conjurer.yaml'), text, { mode: 0o600 });
}

describe('what needs no machine', () => {
  it('--version, for a person and for a program', async () => {
    const text = await run(['--version']);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toMatch(/^conjurer \d+\.\d+\.\d+ \(commit \S+, built \S+, Node 24\.\S+, protocol v1\)\n$/);
    const { status, stdout, stderr } = await run(['--version', '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'conjurer.version/v1', protocol: 1 });
  });

  it('--help', async () => {
    const { status, stdout, stderr } = await run(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Usage: conjurer COMMAND [options]');
  });

  it('explain', async () => {
    expect(await run(['explain', 'passphrase_wrong'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('E_PASSPHRASE_WRONG: the passphrase does not belong to these credentials'),
    });
  });

  it('completion, which bash takes', async () => {
    const { status, stdout, stderr } = await run(['completion', 'bash']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('a reader that goes away is no failure', () => {
    const piped = spawnSync('bash', ['-c', `"$0" explain E_BUG | true; echo "\${PIPESTATUS[0]}"`, conjurer], {
      encoding: 'utf8',
    });
    expect(piped).toMatchObject({ stdout: '0\n', stderr: '' });
  });
});

describe('wrong usage ends with 2, its page on stderr', () => {
  it.each([
    [[], 'error E_USAGE: no command was given'],
    [['frobnicate'], 'error E_USAGE: there is no command frobnicate'],
    [['statsu'], 'there is no command statsu, did you mean status?'],
    [['run', '--deadline', 'soon'], 'It must be a whole number of seconds, 0 or more.'],
    [['status', '--watch', '--json'], ''],
    [['--root', '/no/such/dir', 'status'], 'error E_USAGE: --root names no directory: /no/such/dir'],
    [['--config', '/no/such/file', 'plan'], 'error E_USAGE: --config names a file that is not there: /no/such/file'],
    [['-edge-name'], 'argument missing'],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await run(args);
    expect(status).toBe(2);
    if (args.includes('--json')) return expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_USAGE' } });
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    return expect(stderr).toContain('What to do next\n  ');
  });

  it('with --json the error is the one object on stdout', async () => {
    const { status, stdout, stderr } = await run(['--json', 'explain', 'E_PASPHRASE_WRONG']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      schema: 'conjurer.error/v1',
      error: {
        code: 'E_USAGE',
        problem: null,
        check: null,
        message: 'there is no page E_PASPHRASE_WRONG, did you mean E_PASSPHRASE_WRONG?',
        seen: 'E_PASPHRASE_WRONG',
        wanted: 'a code or check as it stands in a message, such as E_PASSPHRASE_WRONG or controller-tls',
        next: 'conjurer explain E_PASSPHRASE_WRONG',
        exitStatus: 2,
        fixer: 'technician',
        data: {},
      },
    });
  });

  it.each(['recover', 'revert', 'reset'])('%s asks, and nobody is there to answer', async command => {
    configure('edgeName: edge-1\n');
    const { status, stdout, stderr } = await inTree(command);
    expect(status).toBe(2);
    expect(stderr).toContain(`conjurer --root ${root} ${command} --yes`);
    expect(stdout).not.toContain('undone');
  });
});

describe('on a machine that was never enrolled', () => {
  it('status says so, and what to type', async () => {
    expect(await inTree('status')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining(`Next: conjurer --root ${root} run`),
    });
    const { stdout } = await inTree('status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'conjurer.status/v1',
      state: 'never-run',
      origins: { edgeName: 'default' },
      configProblem: null,
    });
  });

  it('facts as YAML and as the very object that is sent', async () => {
    const json = await inTree('facts', '--json');
    expect(json).toMatchObject({ status: 0, stderr: '' });
    expect(() => Facts.parse(JSON.parse(json.stdout))).not.toThrow();
    expect((await inTree('facts')).stdout).toMatch(/^schema: conjurer\.facts\/v1\n/);
  });

  it('preflight fails with 3, names the files, and writes JUnit', async () => {
    const junit = join(root, 'report.xml');
    const { status, stdout, stderr } = await inTree('preflight', '--junit', junit);
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(stdout).toContain('[-] edge-name');
    expect(stdout).toContain('/etc/conjurer/passphrase is not there');
    expect(readFileSync(junit, 'utf8')).toContain('<testsuite name="conjurer preflight"');
    const { checks, verdict } = JSON.parse((await inTree('preflight', '--json')).stdout) as {
      verdict: string;
      checks: { id: string; status: string }[];
    };
    expect(verdict).toBe('fail');
    expect(checks).toContainEqual(expect.objectContaining({ id: 'credentials', status: 'fail' }));
  });

  it('the vendor’s line with -t tests those files, and changes nothing', async () => {
    const files = ['-passphrase-file="p.txt"', '-creds-file', 'c.pem'];
    const { status, stdout } = await run(['--root', root, '-edge-name="edge-1"', ...files, '-t'], { cwd: root });
    expect(status).toBe(3);
    expect(stdout).toMatch(/^\[\+\] edge-name +this machine has a name: edge-1$/m);
    expect(stdout).toContain(`${root}/p.txt is not there`);
    expect(readdirSync(root)).toEqual([]);
  });

  it('run without a name ends with 78 before any stage, and leaves the reason in status and log', async () => {
    const { status, stdout, stderr } = await inTree('run', '--no-splay');
    expect(status).toBe(78);
    expect(stderr).toContain('error E_CONFIG_INVALID: edgeName is not set');
    expect(stderr).toContain(`log         ${root}/var/log/conjurer/conjurer.log`);
    expect(stdout).not.toContain('facts');
    expect((await inTree('status')).stdout).toContain('Last error E_CONFIG_INVALID');
    expect(readFileSync(join(root, 'var/log/conjurer/conjurer.log'), 'utf8')).toContain('"code":"E_CONFIG_INVALID"');
  });

  it('revert and reset have nothing to do', async () => {
    expect(await inTree('revert', '--yes')).toMatchObject({ status: 0, stdout: 'Nothing to undo.\n' });
    const { status, stdout } = await inTree('reset', '--yes', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'conjurer.reset/v1',
      undone: [],
      decommissioned: 'not-enrolled',
    });
  });

  it('a user who is not root may not change this very machine', async () => {
    chmodSync(root, 0o755);
    const unprivileged = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const { status, stderr } = await run(['run'], unprivileged);
    expect(status).toBe(78);
    expect(stderr).toContain('error E_NOT_ALLOWED');
    expect(stderr).toContain('sudo conjurer run');
  });
});

describe('a configuration that is wrong', () => {
  beforeEach(() => configure('edgName: edge-1\n'));

  it('stops what depends on it with 78', async () => {
    const { status, stdout, stderr } = await inTree('plan');
    expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
    expect(stderr).toContain('/etc/conjurer/conjurer.yaml, line 1: unknown key edgName, did you mean edgeName?');
  });

  it('does not stop status, which names it', async () => {
    const { status, stdout } = await inTree('status');
    expect(status).toBe(0);
    expect(stdout).toContain('The configuration cannot be used');
    expect(JSON.parse((await inTree('status', '--json')).stdout)).toMatchObject({
      configProblem: { code: 'E_CONFIG_INVALID' },
      origins: {},
    });
    expect((await inTree('facts', '--json')).status).toBe(0);
  });

  it('in the environment is told with the nearest name', async () => {
    configure('edgeName: edge-1\n');
    const { status, stderr } = await run(['--root', root, 'plan'], { env: { CONJURER_EDGENAME: 'x' } });
    expect(status).toBe(78);
    expect(stderr).toContain('did you mean CONJURER_EDGE_NAME?');
  });
});
