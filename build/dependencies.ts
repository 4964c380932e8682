import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundledPackage } from './packages.ts';

const PAGE = 'docs/dependencies.md';

/** Throws where a bundled package, or one that package.json names, has no line in docs/dependencies.md. */
export function requireDependencyLines(root: string, bundled: ReadonlyArray<Pick<BundledPackage, 'name'>>): void {
  const lines = new Set(listDependencyLines(readFileSync(join(root, PAGE), 'utf8')));
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Readonly<
    Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Readonly<Record<string, string>>>>
  >;
  const named = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap(group =>
    Object.keys(group ?? {}),
  );
  const missing = [...new Set([...bundled.map(p => p.name), ...named])].filter(name => !lines.has(name)).sort();
  if (missing.length > 0) {
    throw new Error(
      `${PAGE} has no line for ${missing.join(', ')}; add "| \`${missing[0]}\` | what it is for |", or drop the package`,
    );
  }
}

/** The packages that the page's tables justify: rows that begin with the name in code marks, and say something. */
export function listDependencyLines(page: string): string[] {
  return [...page.matchAll(/^\| `([^`]+)` \| *[^\s|]/gm)].map(match => match[1] ?? '');
}
