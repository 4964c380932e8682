import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Started, start } from '../support/started.ts';

let temp = '';
let demo: Started;

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'demo test '));
});
afterEach(async () => {
  demo.process.kill('SIGTERM');
  await demo.ended;
  rmSync(temp, { recursive: true });
});

function begin(...flags: string[]): Started {
  const main = join(import.meta.dirname, '../demo/main.ts');
  demo = start(process.execPath, [main, ...flags], { env: { TMPDIR: temp, PATH: process.env.PATH ?? '' } });
  return demo;
}

/** What still speaks of the folder that the demo had for itself: files in it, and programs that were started there. */
function leftBehind(): string[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return [...readdirSync(temp), ...pids.map(commandLine).filter(line => line.includes(temp))];
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

describe('npm run demo', () => {
  it('takes a machine to hand-off and leaves nothing behind', async () => {
    const { status, stdout, stderr } = await begin().ended;
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('# the same: this is the machine that the admin was told of\n');
    expect(stdout).toContain('Handed off: the Controller manages this machine.\n');
    expect(stdout).toContain('heartbeat taken by https://127.0.0.1:');
    expect(stdout).toContain('every stage is proved, nothing was changed');
    expect(stdout).toMatch(/ {2}edge-demo {2}node-\w+ {2}ready {2}config 1 of 1\n/);
    expect(leftBehind()).toEqual([]);
  });

  it('with --manual nobody is let in unasked; stopped while it waits, it leaves nothing behind', async () => {
    begin('--manual');
    await demo.said('press Enter here');
    await conjurerPid();
    expect(leftBehind()).not.toEqual([]);
    demo.process.kill('SIGTERM');
    const { status, stdout } = await demo.ended;
    expect(status).toBe(143);
    expect(stdout).toContain('# Stopped by SIGTERM in step 6. ');
    expect(stdout).not.toContain('Handed off');
    expect(leftBehind()).toEqual([]);
  });

  it('a conjurer that is killed ends it with 1, and it leaves nothing behind', async () => {
    begin('--manual');
    await demo.said('press Enter here');
    process.kill(await conjurerPid(), 'SIGKILL');
    const { status, stdout } = await demo.ended;
    expect(status).toBe(1);
    expect(stdout).toContain('# seen   ended by SIGKILL, where exit status 0 was wanted\n# next   npm run demo');
    expect(leftBehind()).toEqual([]);
  });
});

/** The only child that the demo has while its machine waits. */
async function conjurerPid(): Promise<number> {
  const children = `/proc/${demo.process.pid}/task/${demo.process.pid}/children`;
  for (;;) {
    const [pid] = readFileSync(children, 'utf8').trim().split(' ');
    if (pid !== undefined && pid !== '' && commandLine(pid).includes('conjurer-linux')) return Number(pid);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
