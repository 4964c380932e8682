import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { type Started, start } from '../support/started.ts';
import { builtBinary } from './build/binary.ts';

let lab: Lab;
let root = '';
let terminal: Started | null = null;

beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conjurer-terminal-'));
  const folder = join(root, 'etc/conjurer');
  mkdirSync(folder, { recursive: true });
  const config = 'edgeName: edge-terminal\nenrolment: { splaySeconds: 0, timeSyncSeconds: 0 }\n';
  writeFileSync(join(folder, 'conjurer.yaml'), config, { mode: 0o600 });
  writeFileSync(join(folder, 'passphrase'), lab.passphrase, { mode: 0o400 });
  writeFileSync(join(folder, 'credentials.pem'), lab.credentials, { mode: 0o400 });
});
afterEach(async () => {
  terminal?.process.kill('SIGKILL');
  await terminal?.ended;
  rmSync(root, { recursive: true });
});

/** On a pseudo-terminal of so many columns; what is typed arrives as from a keyboard. */
function onTerminal(columns: number, args: string, env: Record<string, string> = {}): Started {
  return begin(`stty cols ${columns} rows 40 && exec ${builtBinary()} --root ${root} ${args}`, env);
}

/** One after the other on one terminal. */
function everyCommand(flag: string, redirect: string, env: Record<string, string>): Started {
  const commands = [
    ...['--help', '--version', 'run --help', 'explain E_BUG', 'explain edge-name', 'completion bash', 'nonsense'],
    ...['status', 'facts', 'facts --json', 'plan', 'preflight', 'run --no-wait', 'status', 'plan --json'],
    ...['recover --yes --no-wait', 'revert --yes', 'reset --yes', 'run'],
  ];
  const lines = commands.map(command => `${builtBinary()} --root ${root}${flag} ${command}${redirect}`);
  const script = join(root, 'script');
  writeFileSync(script, `stty cols 100 rows 40\n${lines.join('\n')}\n`);
  return begin(`sh ${script}`, env);
}

function begin(command: string, env: Record<string, string>): Started {
  terminal = start('script', ['-qec', command, '/dev/null'], {
    env: { PATH: '/usr/bin:/bin', TERM: 'xterm', SHELL: '/bin/sh', ...env },
    input: null,
  });
  return terminal;
}

const anyEscape = '\u001B';
const color = new RegExp(`${anyEscape}\\[[\\d;]*m`);
const controlC = '\u0003';
const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
const red = '\u001B[31m';

describe('on a terminal', () => {
  it('a run is a list of stages, with what a person compares, and Ctrl-C ends it at a safe point', async () => {
    const run = onTerminal(120, 'run');
    await run.said('claim code');
    await run.said('fingerprint SHA256:');
    run.type(controlC);
    const { status, stdout } = await run.ended;
    expect(status).toBe(130);
    const text = stripVTControlCharacters(stdout);
    expect(text).toMatch(/✔ facts \(\d+ s\): nothing to do/);
    expect(text).toMatch(/register \(\d+ s\): interrupted/);
    expect(text).not.toContain('✖');
    expect(text).toContain('handoff: not reached');
    expect(text.trimEnd()).toMatch(/exit {8}130 \(interrupted, resumable\)$/);
    expect(text).not.toContain('"level"');
    expect(stdout.lastIndexOf(showCursor)).toBeGreaterThan(stdout.lastIndexOf(hideCursor));
    const after = (await onTerminal(120, 'status --no-color').ended).stdout;
    expect(after).toContain('edge-terminal: interrupted in register, and can go on');
    expect(after).not.toContain('Last error');
    expect(after.trimEnd()).toMatch(new RegExp(`Next: conjurer --root ${root} run$`));
  });

  it('with --no-wait a wait is no failure, and is told once', async () => {
    const { status, stdout } = await onTerminal(120, 'run --no-wait').ended;
    expect(status).toBe(20);
    const text = stripVTControlCharacters(stdout);
    expect(text).toMatch(/register \(\d+ s\): waits for a person/);
    expect(text).not.toContain('✖');
    expect(text.match(/[0-9A-Z]{4}-[0-9A-Z]{4}\b/g)).toHaveLength(1);
  });

  it('of no width, as a serial console says, it is lines', async () => {
    const run = onTerminal(0, 'run');
    await run.said('Z waiting for approval');
    run.type(controlC);
    const { status, stdout } = await run.ended;
    expect(status).toBe(130);
    expect(stdout).toMatch(/Z facts: done, nothing to do\r\n/);
    expect(stdout).toMatch(/\r\n {2}claim code {2}[0-9A-Z]{4}-[0-9A-Z]{4}\r\n {2}fingerprint SHA256:\S{43}\r\n/);
    expect(stdout).toContain('stopping at the next safe point');
    expect(stdout).toMatch(/Z register: interrupted\r\n/);
    expect(stdout).not.toContain(hideCursor);
  });

  it('that is dumb, it is lines without any escape', async () => {
    const { status, stdout } = await onTerminal(100, 'run --no-wait', { TERM: 'dumb' }).ended;
    expect(status).toBe(20);
    expect(stdout).toMatch(/Z register: waits for a person\r\n/);
    expect(stdout).not.toContain(anyEscape);
  });

  it('colour is there, and goes with NO_COLOR and --no-color', async () => {
    expect((await onTerminal(100, 'nonsense').ended).stdout).toContain(red);
    expect((await onTerminal(100, 'nonsense', { NO_COLOR: '1' }).ended).stdout).not.toContain('\u001B[');
    expect((await onTerminal(100, 'nonsense --no-color').ended).stdout).not.toContain('\u001B[');
  });

  it.each([
    ['', {}, true],
    [' --no-color', {}, false],
    ['', { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['', { TERM: 'dumb', FORCE_COLOR: '1' }, false],
  ] as const)('every command, with "%s" and %j: colour %s', async (flag, env, colored) => {
    const { stdout } = await everyCommand(flag, '', env).ended;
    expect(stdout).toContain('E_BUG');
    expect(stdout).toContain('conjurer.facts/v1');
    expect(color.test(stdout)).toBe(colored);
  });

  it('no command has colour in a pipe or a file', async () => {
    const file = join(root, 'out');
    await everyCommand('', ` >>${file} 2>&1 </dev/null`, { FORCE_COLOR: '1' }).ended;
    expect(readFileSync(file, 'utf8')).toContain('error E_USAGE');
    expect(readFileSync(file, 'utf8')).not.toContain(anyEscape);
  });

  it('a page that goes elsewhere has none, though stdout is a terminal', async () => {
    const file = join(root, 'page');
    await onTerminal(100, `nonsense 2>${file}`).ended;
    expect(readFileSync(file, 'utf8')).toMatch(/^error E_USAGE/);
  });

  it('reset asks, and no means no', async () => {
    const reset = onTerminal(100, 'reset');
    await reset.said('[yes/no]');
    reset.type('no\n');
    expect(await reset.ended).toMatchObject({ status: 0, stdout: expect.stringContaining('Nothing was changed.') });
    const again = onTerminal(100, 'reset');
    await again.said('[yes/no]');
    again.type('yes\n');
    expect(await again.ended).toMatchObject({ status: 0, stdout: expect.stringContaining('was not enrolled') });
  });

  it('Ctrl-C at a question changes nothing', async () => {
    const reset = onTerminal(100, 'reset');
    await reset.said('[yes/no]');
    reset.type(controlC);
    expect((await reset.ended).status).toBe(130);
  });

  it('status --watch goes on until Ctrl-C', async () => {
    const watch = onTerminal(100, 'status --watch');
    await watch.said('conjurer has not run');
    watch.type(controlC);
    expect((await watch.ended).status).toBe(0);
  });
});
