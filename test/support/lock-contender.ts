import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { acquireRunLock } from '../../agent/pipeline/run-lock.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';
import { localProcesses } from '../../bootstrap/host/processes.ts';

/**
 * A process that takes the run lock of a tree again and again until it is killed, and prints a line each time. While it
 * has the lock it also has a file that only one may have: where another living process has it, it prints "both".
 */
const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('usage: lock-contender ROOT');
const { files } = localHost({ root });
const parts = { files, processes: localProcesses, now: () => new Date() };
const alone = `${root}/alone`;

for (;;) {
  try {
    const lock = await acquireRunLock(parts, 'contender');
    enter();
    process.stdout.write(`held ${process.pid}\n`);
    unlinkSync(alone);
    await lock.release();
  } catch (error) {
    if (!(error instanceof AgentError) || error.code !== 'E_LOCKED') throw error;
  }
}

function enter(): void {
  try {
    const file = openSync(alone, 'wx');
    writeSync(file, `${process.pid}`);
    closeSync(file);
  } catch {
    const other = Number(readFileSync(alone, 'utf8'));
    if (isAlive(other)) process.stdout.write(`both ${process.pid} ${other}\n`);
    unlinkSync(alone);
    enter();
  }
}

/** The one that was killed with the file in its hand is no rival. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
