import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Wall time and peak memory (VmHWM) of a whole run of the built binary against a reference Controller that approves at
 * once, and of the run after it. Controller, operator and the stand-in's shell share the processor with it, and are not
 * counted in the memory.
 */
export async function run() {
  const program = join(import.meta.dirname, '..', 'test', 'binary', 'enrolment', 'measure.ts');
  const { status } = spawnSync(process.execPath, [program], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
