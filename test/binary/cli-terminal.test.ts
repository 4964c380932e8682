import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  const command = `stty cols ${columns} rows 40 && exec ${builtBinary()} --root ${root} ${args}`;
  terminal = start('script', ['-qec', command, '/dev/null'], {
    env: { PATH: '/usr/bin:/bin', TERM: 'xterm', SHELL: '/bin/sh', ...env },
    input: null,
  });
  return terminal;
}

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
    expect(text).toMatch(/✔ facts \(\d+ s\)/);
    expect(text).toMatch(/✖ register \(\d+ s\)/);
    expect(text).toContain('handoff: not reached');
    expect(text.trimEnd()).toMatch(/exit {8}130 \(interrupted, resumable\)$/);
    expect(text).not.toContain('"level"');
    expect(stdout.lastIndexOf(showCursor)).toBeGreaterThan(stdout.lastIndexOf(hideCursor));
  });

  it('of no width, as a serial console says, it is lines', async () => {
    const run = onTerminal(0, 'run');
    await run.said('Z waiting for approval');
    run.type(controlC);
    const { status, stdout } = await run.ended;
    expect(status).toBe(130);
    expect(stdout).toMatch(/Z facts: done\r\n/);
    expect(stdout).toContain('stopping at the next safe point');
    expect(stdout).not.toContain(hideCursor);
  });

  it('colour is there, and goes with NO_COLOR and --no-color', async () => {
    expect((await onTerminal(100, 'nonsense').ended).stdout).toContain(red);
    expect((await onTerminal(100, 'nonsense', { NO_COLOR: '1' }).ended).stdout).not.toContain('\u001B[');
    expect((await onTerminal(100, 'nonsense --no-color').ended).stdout).not.toContain('\u001B[');
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
