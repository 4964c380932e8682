import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureCommand } from '../../../../bootstrap/host/capture.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const node = process.execPath;
const keep = { head: 100, tail: 100 };

describe('what a program says', () => {
  it('is kept at both ends, however much it is', async () => {
    const count = `for (let i = 0; i < 3_000_000; i += 1000) process.stdout.write(Array.from({ length: 1000 }, (_, n) => i + n).join('\\n') + '\\n')`;
    const { status, stdout } = await captureCommand([node, '-e', count], { timeoutMs: 60_000, keep });
    expect(status).toBe(0);
    expect(stdout.head.toString()).toMatch(/^0\n1\n2\n/);
    expect(stdout.tail.toString()).toMatch(/\n2999998\n2999999\n$/);
    expect(stdout.head.length + stdout.tail.length).toBe(200);
    expect(stdout.omitted).toBeGreaterThan(20_000_000);
  });

  it('is nothing of our environment', async () => {
    process.env.CONJURER_TEST_SECRET = 'seen';
    const said = await captureCommand(['env'], { timeoutMs: 60_000, keep: { head: 9999, tail: 0 } });
    delete process.env.CONJURER_TEST_SECRET;
    expect(said.stdout.head.toString()).toMatch(/^PATH=[^\n]+\nLC_ALL=C\n$/);
  });

  it('is kept where its group had to be killed at the time-out', async () => {
    const argv = ['sh', '-c', 'echo begun; sleep 3600 & sleep 3600'] as const;
    const said = await captureCommand(argv, { timeoutMs: 1_000, keep });
    expect(said).toMatchObject({ status: null, timedOut: true, missing: false });
    expect(said.stdout.head.toString()).toBe('begun\n');
  });

  it('is ended when the head is full, where only that is wanted', async () => {
    const said = await captureCommand(['yes', 'line'], {
      timeoutMs: 60_000,
      keep: { head: 50, tail: 0 },
      headOnly: true,
    });
    expect(said).toMatchObject({ ended: true, timedOut: false, status: null });
    expect(said.stdout.head.toString()).toBe('line\n'.repeat(10));
  });

  it('a program that fails, or is not there, is a result', async () => {
    const failed = await captureCommand(['ls', '/no/such/thing'], { timeoutMs: 60_000, keep });
    expect(failed).toMatchObject({ status: 2, missing: false });
    expect(failed.stderr).toContain('No such file or directory');
    expect(await captureCommand(['no-such-program-at-all'], { timeoutMs: 60_000, keep })).toMatchObject({
      status: null,
      missing: true,
    });
  });

  it('it runs at the lowest priority', async () => {
    const tree = await temporaryTree();
    const nice = join(tree, 'nice');
    // Its own priority is given to it just after it has started.
    const script = `const end = Date.now() + 5000; const os = require('node:os'); while (os.getPriority() !== 19 && Date.now() < end); require('node:fs').writeFileSync(${JSON.stringify(nice)}, String(os.getPriority()))`;
    await captureCommand([node, '-e', script], { timeoutMs: 60_000, keep });
    expect(await readFile(nice, 'utf8')).toBe('19');
  });
});
