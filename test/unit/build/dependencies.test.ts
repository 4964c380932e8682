import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireDependencyLines } from '../../../build/dependencies.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'conjurer-dependencies-'));
  await mkdir(join(root, 'docs'));
  await writeFile(
    join(root, 'package.json'),
    JSON.stringify({ dependencies: { used: '1' }, devDependencies: { tool: '1' } }),
  );
});
afterEach(() => rm(root, { recursive: true }));

describe('requireDependencyLines', () => {
  it('accepts a page with a line for each', async () => {
    await page('| `used` | for this |\n| `tool` | for that |\n| `inner` | by used |\n');
    requireDependencyLines(root, [{ name: 'inner' }]);
  });

  it.each([
    ['a bundled package', '| `used` | for this |\n| `tool` | for that |\n', 'no line for inner;'],
    ['a development package', '| `used` | for this |\n| `inner` | by used |\n', 'no line for tool;'],
    ['a reason', '| `used` |  |\n| `tool` | for that |\n| `inner` | by used |\n', 'no line for used;'],
  ])('refuses a page without %s, saying what to write', async (_, text, message) => {
    await page(text);
    expect(() => requireDependencyLines(root, [{ name: 'inner' }])).toThrow(message);
  });

  it('holds for this project', () => {
    requireDependencyLines(join(import.meta.dirname, '..', '..', '..'), []);
  });
});

function page(text: string): Promise<void> {
  return writeFile(join(root, 'docs', 'dependencies.md'), text);
}
