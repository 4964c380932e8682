import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Before the binary rung: builds dist/ for this machine, so that its files find it ready and do not build it at once. */
export default function setup(): void {
  const root = join(import.meta.dirname, '../..');
  process.stderr.write('building the binary for the tests that run it\n');
  execFileSync(process.execPath, ['build.mjs', '--host-only'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
