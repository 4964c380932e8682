import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './biome.ts';

const folders = ['agent', 'bootstrap', 'build', 'bench', 'cloud-init', 'image', 'test'];

test('no suppression of the compiler is without a reason', () => {
  const sources = folders.flatMap(folder =>
    // With types, since by names alone it follows symlinks, and fixtures have loops of them.
    readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
      .map(entry => join(entry.parentPath, entry.name)),
  );
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.flatMap(path => unexplained(readFileSync(path, 'utf8')).map(() => path))).toEqual([]);
});

test('one without a reason is found, one with a reason is not', () => {
  const [at, reason] = ['// @ts-', ': Node has it, its types do not'];
  expect(unexplained(`${at}expect-error\n${at}nocheck\n${at}ignore x\n`)).toHaveLength(3);
  expect(unexplained(`${at}expect-error${reason}\n`)).toEqual([]);
});

/** The linter asks the same of its own suppressions. */
function unexplained(text: string): string[] {
  const lines = text.split('\n').filter(line => /^\s*(\/\/|\/\*)\s*@ts-(ignore|expect-error|nocheck)/.test(line));
  return lines.filter(line => !/@ts-expect-error:? \S.{9,}/.test(line));
}
