import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../build/output.ts';
import { type Ran, runBare } from './binary.ts';
import { copyTree } from './tree.ts';

const binary = `conjurer-linux-${process.arch}`;
let tree: string;
beforeAll(() => {
  tree = copyTree();
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

function build(...args: string[]): Ran {
  const given = ['--commit', '0123456789ab', '--built-at', '2026-01-31T08:00:00Z'];
  return runBare(process.execPath, ['build.mjs', ...given, ...args], { PATH: process.env.PATH ?? '' }, tree);
}

describe('npm run build -- --host-only', () => {
  it('writes the binary, its sums, its SBOM and the licences, and says what it made', () => {
    const { status, stdout, stderr } = build('--host-only');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readdirSync(join(tree, 'dist')).sort()).toEqual(['SHA256SUMS', binary, 'licenses.txt', 'sbom.cdx.json']);
    expect(stdout).toContain('(0123456789ab, 2026-01-31T08:00:00Z)');
    expect(stdout).toMatch(new RegExp(`dist/${binary} +[0-9.]+ +[0-9a-f]{64} +GLIBC 2.27, `));
    expect(runBare('/usr/bin/sha256sum', ['--check', '--strict', 'SHA256SUMS'], {}, join(tree, 'dist')).status).toBe(0);
    const said = JSON.parse(runBare(join(tree, 'dist', binary), ['--version', '--json']).stdout);
    expect(said).toMatchObject({
      commit: '0123456789ab',
      builtAt: '2026-01-31T08:00:00Z',
      node: process.versions.node,
    });
  });

  it('names in SBOM and licences what is bundled', () => {
    const sbom = JSON.parse(readFileSync(join(tree, 'dist', 'sbom.cdx.json'), 'utf8'));
    const licenses = readFileSync(join(tree, 'dist', 'licenses.txt'), 'utf8');
    const names = sbom.components.map((c: { name: string }) => c.name);
    expect(names).toEqual(expect.arrayContaining(['undici', 'zod', 'node', 'openssl']));
    expect(names).not.toContain('vitest');
    for (const { name, version, type } of sbom.components.filter((c: { group?: string }) => c.group === undefined)) {
      expect(licenses).toContain(type === 'platform' ? `Node.js ${version}` : `\n${name} ${version} (`);
    }
  });

  it('is quick to repeat: what is unchanged stays as it is', () => {
    const before = digest();
    expect(build('--host-only').stdout).toMatch(/unchanged\n$/);
    expect(digest()).toBe(before);
  });

  it('builds again where the binary was tampered with, or a source has changed', () => {
    const before = digest();
    appendFileSync(join(tree, 'dist', binary), 'x');
    expect(build('--host-only').stdout).not.toContain('unchanged');
    expect(digest()).toBe(before);
    appendFileSync(join(tree, 'agent', 'main.ts'), '\nprocess.stdout.isTTY;\n');
    expect(build('--host-only').stdout).not.toContain('unchanged');
    expect(digest()).not.toBe(before);
  });

  it('drops a binary of other sources for the other architecture', () => {
    const other = join(tree, 'dist', `conjurer-linux-${process.arch === 'x64' ? 'arm64' : 'x64'}`);
    writeFileSync(other, 'old');
    expect(build('--host-only').status).toBe(0);
    expect(existsSync(other)).toBe(false);
  });
});

describe('the build refuses, leaves dist/ alone, and says what to type', () => {
  it.each([
    ['an unknown option', () => undo(), ['--frobnicate'], "Unknown option '--frobnicate'"],
    [
      'a package without a line in docs/dependencies.md',
      () => edit('docs/dependencies.md', /^\| `zod`.*\n/m, ''),
      [],
      'has no line for zod',
    ],
    [
      'an import that is not there',
      () => edit('agent/main.ts', /^/, `import 'nowhere';\n`),
      [],
      'agent/main.ts:1:7: Could not resolve "nowhere"',
    ],
    [
      'a changed Node',
      () => edit('build/node-pins.json', /[0-9a-f]{64}/g, '0'.repeat(64)),
      [],
      'type: rm -rf node_modules .cache && npm ci',
    ],
    ['no node_modules', () => hide('node_modules/esbuild'), [], 'node_modules is missing; type: npm ci'],
    [
      'no pinned Node',
      () => hide(`node_modules/node-linux-${process.arch}/bin`),
      [],
      'type: npm ci --include=optional',
    ],
  ])('%s', (_, spoil, args, message) => {
    const before = digest();
    const restore = spoil();
    const { status, stderr } = build('--host-only', ...args);
    restore();
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) });
    expect(digest()).toBe(before);
  });
});

function digest(): string {
  return sha256(readFileSync(join(tree, 'dist', binary)));
}

/** Each way to spoil the tree gives the way back. */
function undo(): () => void {
  return () => {};
}

function edit(file: string, from: RegExp, to: string): () => void {
  const path = join(tree, file);
  const before = readFileSync(path, 'utf8');
  writeFileSync(path, before.replace(from, to));
  return () => writeFileSync(path, before);
}

function hide(file: string): () => void {
  const path = join(tree, file);
  renameSync(path, `${path}.hidden`);
  return () => renameSync(`${path}.hidden`, path);
}
