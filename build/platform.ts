import type { Machine } from './elf/elf.ts';

/** The architectures that the image exists for. */
export const MACHINES: readonly Machine[] = ['x64', 'arm64'];

/** The architecture that this machine runs. */
export const host = process.arch as Machine;

export function nodePackage(machine: Machine): string {
  return `node-linux-${machine}`;
}

export function binaryName(machine: Machine): string {
  return `conjurer-linux-${machine}`;
}
