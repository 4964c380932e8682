import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import vm from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeBundle } from '../../../build/bundle.ts';
import type { Piece } from '../../../build/sea-blob.ts';

const stamp = { version: '1.2.3', commit: 'abc', builtAt: '2026-01-31T08:00:00Z' };
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'conjurer-bundle-'));
  await write('package-lock.json', JSON.stringify({ packages: { 'node_modules/dep': { integrity: 'sha512-AA==' } } }));
  await write(
    'node_modules/dep/package.json',
    JSON.stringify({ name: 'dep', version: '4.5.6', license: 'MIT', main: 'i.js' }),
  );
  await write('node_modules/dep/i.js', 'globalThis.loaded.push("dep"); exports.name = "dep";');
  await write('node_modules/dep/LICENSE', 'The MIT License\r\n');
});
afterEach(() => rm(root, { recursive: true }));

describe('makeBundle', () => {
  it('needs Node only, with the stamp in it', async () => {
    await write(
      'main.ts',
      `import { sep } from 'node:path'; import { name } from 'dep';
      declare const CONJURER_STAMP: { commit: string };
      (globalThis as any).loaded.push(sep, name, CONJURER_STAMP.commit);`,
    );
    const { pieces, packages } = await makeBundle(root, stamp, 'main.ts');
    expect(await execute(pieces)).toEqual(['dep', '/', 'dep', 'abc']);
    expect(packages).toEqual([
      {
        name: 'dep',
        version: '4.5.6',
        license: 'MIT',
        licenseText: 'The MIT License',
        integrity: 'sha512-AA==',
        imports: [],
        direct: true,
      },
    ]);
  });

  it('runs a dynamically imported module when it is asked for, not before', async () => {
    await write('main.ts', `(globalThis as any).loaded.push('start'); void import('./later.ts').then(m => m.go());`);
    await write(
      'later.ts',
      `import 'dep'; export async function go() { (globalThis as any).loaded.push((await import('node:path')).sep); }`,
    );
    const { pieces } = await makeBundle(root, stamp, 'main.ts');
    expect(pieces.map(p => p.name)).toEqual(expect.arrayContaining(['entry.js', expect.stringMatching(/^later-/)]));
    expect(String(pieces.map(p => p.code))).not.toMatch(/\bimport\(/);
    expect(await execute(pieces)).toEqual(['start', 'dep', '/']);
  });

  it.each([
    ['with named exports', 'exports.name = "dep"; exports.default = "odd";', ['dep', 'object']],
    [
      'that was an ES module',
      'exports.__esModule = true; exports.name = "dep"; exports.default = 1;',
      ['dep', 'object'],
    ],
    ['that is a function', 'module.exports = () => {}; module.exports.more = 1;', [undefined, 'function']],
  ])('gives a lazily imported CommonJS package %s as Node does', async (_, source, wanted) => {
    await write('node_modules/dep/i.js', source);
    const lazy = `void import('dep').then((m: any) => (globalThis as any).loaded.push(m.name, typeof m.default));`;
    for (const main of [lazy, `import dep from 'dep'; (globalThis as any).kept = dep; ${lazy}`]) {
      await write('main.ts', main);
      const { pieces } = await makeBundle(root, stamp, 'main.ts');
      expect(await execute(pieces)).toEqual(wanted);
    }
  });

  it('knows what is loaded with the entry, and what later', async () => {
    await write('shared.ts', 'export const shared = [1];');
    await write('lazy.ts', `import { shared } from './shared.ts'; export const lazy = shared;`);
    await write('main.ts', `import { shared } from './shared.ts'; void import('./lazy.ts'); console.log(shared);`);
    const { pieces } = await makeBundle(root, stamp, 'main.ts');
    const early = pieces.filter(({ isEarly }) => isEarly);
    expect(early.map(({ code }) => String(code)).join()).toContain('console.log');
    expect(early).toHaveLength(2);
    expect(pieces).toHaveLength(3);
  });

  it('refuses a package that would be looked up on the machine, naming who asks for it', async () => {
    await write('main.ts', `try { require('not-installed'); } catch {}`);
    await expect(makeBundle(root, stamp, 'main.ts')).rejects.toThrow(
      'not-installed is not in the bundle (imported by main.ts)',
    );
  });

  it('refuses what only an ES module can do', async () => {
    await write('main.ts', 'console.log(import.meta.url);');
    await expect(makeBundle(root, stamp, 'main.ts')).rejects.toThrow('main.ts:1:12: "import.meta" is not available');
    await write('main.ts', 'await 1; export {};');
    await expect(makeBundle(root, stamp, 'main.ts')).rejects.toThrow('main.ts:1:0: Top-level await');
  });

  it.each([
    ['no licence file', () => rm(join(root, 'node_modules/dep/LICENSE')), 'dep is bundled, but ships no licence file'],
    [
      'no place in the lock file',
      () => write('package-lock.json', '{"packages":{}}'),
      'no integrity for node_modules/dep',
    ],
    [
      'no licence named',
      () => write('node_modules/dep/package.json', '{"name":"dep","version":"1.0.0","main":"i.js"}'),
      'names no licence',
    ],
  ])('refuses a package with %s', async (_, break_, message) => {
    await write('main.ts', `import 'dep';`);
    await break_();
    await expect(makeBundle(root, stamp, 'main.ts')).rejects.toThrow(message);
  });

  it('does not name a package of which nothing is used', async () => {
    await write(
      'node_modules/dep/package.json',
      '{"name":"dep","version":"1.0.0","license":"MIT","main":"i.js","sideEffects":false}',
    );
    await write('main.ts', `import { name } from 'dep'; export type T = typeof name;`);
    expect((await makeBundle(root, stamp, 'main.ts')).packages).toEqual([]);
  });
});

/** What the bundle pushed to `loaded`, once every promise it started is settled. */
async function execute(pieces: readonly Piece[]): Promise<unknown[]> {
  const loaded: unknown[] = [];
  const context = vm.createContext({ loaded });
  const done = new Map<string, { exports: unknown }>();
  const builtin = createRequire(join(root, 'nowhere.js'));
  const load = (name: string): unknown => {
    if (!name.startsWith('./')) return builtin(name);
    const module = done.get(name) ?? { exports: {} };
    if (done.has(name)) return module.exports;
    done.set(name, module);
    const piece = pieces.find(p => `./${p.name}` === name);
    vm.runInContext(String(piece?.code), context, { filename: name })(module.exports, load, module);
    return module.exports;
  };
  load('./entry.js');
  await new Promise(resolve => setImmediate(resolve));
  return loaded;
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
}
