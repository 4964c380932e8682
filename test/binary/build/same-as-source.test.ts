import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtBinary, type Ran, runBare } from './binary.ts';
import { root } from './tree.ts';

let tree: string;
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'conjurer-same-'));
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** Each lazily imported part of the agent is its own piece of the bundle: one command for each, so that each is loaded. */
describe('the binary says what the source says', () => {
  it.each(['--help', 'explain E_USAGE', 'completion bash', 'status', 'plan', 'facts', 'facts --json', 'nonsense'])(
    '%s',
    line => {
      const args = [...line.split(' '), '--root', tree];
      const source = runBare(process.execPath, [join(root, 'agent', 'main.ts'), ...args]);
      const binary = runBare(builtBinary(), args);
      expect(masked(binary)).toEqual(masked(source));
      expect(binary.stdout + binary.stderr).not.toBe('');
      expect(binary.stdout + binary.stderr).not.toContain('E_BUG');
    },
  );
});

/** Times, free memory and the like differ from one moment to the next. */
function masked({ status, stdout, stderr }: Ran): Ran {
  return { status, stdout: stdout.replace(/\d+/g, '#'), stderr: stderr.replace(/\d+/g, '#') };
}
