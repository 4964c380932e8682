import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');

/** A copy of what the build reads, in .cache/, where the packages can be hard links. The caller removes it. */
export function copyTree(): string {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const copy = mkdtempSync(join(root, '.cache', 'tree-'));
  for (const part of [
    'agent',
    'bootstrap',
    'build',
    'docs',
    'build.mjs',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
  ]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  execFileSync('cp', ['-al', join(root, 'node_modules'), copy]);
  const fetched = join(root, '.cache', 'node');
  mkdirSync(join(copy, '.cache'));
  if (existsSync(fetched)) execFileSync('cp', ['-al', fetched, join(copy, '.cache')]);
  return copy;
}
