import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

/** What is loaded before the first line of a command runs; everything else is behind an import() inside it. */
it('a start loads two small packages, and neither the agent nor its HTTP client', async () => {
  const { metafile } = await build({
    absWorkingDir: join(import.meta.dirname, '../../../..'),
    entryPoints: ['agent/main.ts'],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    outdir: 'unused',
  });
  const loaded = new Set<string>();
  const follow = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind, external } of metafile.inputs[path]?.imports ?? []) {
      if (kind !== 'dynamic-import' && external !== true) follow(next);
    }
  };
  follow('agent/main.ts');
  const packages = [...loaded].flatMap(path => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  expect([...new Set(packages)].sort()).toEqual(['commander', 'fastest-levenshtein']);
  expect([...loaded]).not.toContain('agent/wire.ts');
  expect(Object.keys(metafile.inputs)).toContain('agent/wire.ts');
});
