import { execFileSync } from 'node:child_process';
import { imageToolsMissing } from './image-tools-missing.ts';

const packages = ['dosfstools', 'e2fsprogs', 'fdisk', 'mtools', 'qemu-utils'];

/** Installs what makes and reads disks where root runs the tests. The tests that need it say what is missing. */
export default function setup(): void {
  if (imageToolsMissing() === null || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { env, stdio: 'pipe' });
  } catch (error) {
    process.stderr.write(`tools for disks could not be installed: ${error instanceof Error ? error.message : error}\n`);
  }
}
