import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Program → the package of Debian and Ubuntu that has it. */
const packages = { 'qemu-system-x86_64': 'qemu-system-x86', 'qemu-img': 'qemu-utils', xorriso: 'xorriso' } as const;

/** Why no machine can be started here, with the packages to install; null: it can. */
export function whyNoMachines(): string | null {
  const folders = (process.env.PATH ?? '').split(':');
  const missing = Object.entries(packages).filter(
    ([program]) => !folders.some(folder => isThere(join(folder, program))),
  );
  if (missing.length === 0) return null;
  const names = missing.map(([program]) => program).join(', ');
  return `${names} missing; type: apt-get install ${missing.map(([, name]) => name).join(' ')}`;
}

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
