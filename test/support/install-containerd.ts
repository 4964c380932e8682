import { execFileSync } from 'node:child_process';
import { containerdMissing } from './containerd-missing.ts';

/** Installs Debian's containerd where root runs the tests and it is not there. The tests that need it say what is missing. */
export default function setup(): void {
  if (containerdMissing() === null || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['install', '--yes', '--no-install-recommends', 'containerd'], { env, stdio: 'pipe' });
  } catch (error) {
    process.stderr.write(`containerd could not be installed: ${error instanceof Error ? error.message : error}\n`);
  }
}
