import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..', '..');

/** The official Node of this machine's architecture, as npm installed it: a fresh copy each time. */
export function readNode(): Buffer {
  return readFileSync(nodePath);
}

export const nodePath = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');

/** A native module that comes with vitest: wants librt, which is no part of the floor. */
export function readNativeModule(): Buffer {
  const vite = createRequire(createRequire(import.meta.url).resolve('vitest/package.json')).resolve(
    'vite/package.json',
  );
  const rolldown = createRequire(vite).resolve('rolldown/package.json');
  const name = `@rolldown/binding-linux-${process.arch}-gnu`;
  return readFileSync(createRequire(rolldown).resolve(name));
}

/** A static program: what esbuild runs. */
export function readStaticProgram(): Buffer {
  const esbuild = createRequire(import.meta.url).resolve('esbuild/package.json');
  return readFileSync(createRequire(esbuild).resolve(`@esbuild/linux-${process.arch}/bin/esbuild`));
}

/** Replaces the first whole occurrence of a NUL-terminated name in the file by another of the same length. */
export function replaceName(bytes: Buffer, from: string, to: string): Buffer {
  if (from.length !== to.length) throw new Error('names of the same length only');
  const at = bytes.indexOf(`\0${from}\0`, 0, 'latin1');
  if (at < 0) throw new Error(`no name ${from} in the file`);
  bytes.write(to, at + 1, 'latin1');
  return bytes;
}
