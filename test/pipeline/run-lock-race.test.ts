import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { acquireRunLock } from '../../agent/pipeline/run-lock.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';
import { localProcesses } from '../../bootstrap/host/processes.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const contender = fileURLToPath(new URL('../support/lock-contender.ts', import.meta.url));
const contenders = 8;
const wanted = { holds: 150, kills: 25 };

test('of many processes one at a time has the lock, and kill -9 of any of them blocks nobody', async () => {
  const root = await temporaryTree();
  const random = seededRandom(7);
  const living = new Map<number, ChildProcess>();
  const said = { held: 0, both: [] as string[], complaints: '' };
  let kills = 0;
  let isOver = false;
  const { promise: over, resolve: end, reject: fail } = Promise.withResolvers<void>();

  function start(): void {
    const child = spawn(process.execPath, [contender, root], { stdio: ['ignore', 'pipe', 'pipe'] });
    living.set(child.pid ?? 0, child);
    child.on('error', fail);
    child.stderr.on('data', chunk => {
      said.complaints += chunk;
    });
    createInterface({ input: child.stdout }).on('line', heard);
    child.on('exit', (_status, signal) => {
      living.delete(child.pid ?? 0);
      if (signal !== 'SIGKILL') fail(new Error(said.complaints));
      else if (!isOver) start();
    });
  }

  function heard(line: string): void {
    if (isOver) return;
    const [word, pid] = line.split(' ');
    if (word === 'both') said.both.push(line);
    else said.held += 1;
    // The one that has it or has just had it, or any other, wherever it is.
    const victims = [living.get(Number(pid)), ...living.values()].filter(child => child !== undefined);
    if (random() < 0.3) {
      kills += 1;
      victims[random() < 0.5 ? 0 : Math.floor(random() * victims.length)]?.kill('SIGKILL');
    }
    if (said.held >= wanted.holds && kills >= wanted.kills) end();
  }

  onTestFinished(stop);
  for (let count = 0; count < contenders; count += 1) start();
  await over;
  await stop();
  expect(said.both).toEqual([]);

  const host = localHost({ root });
  const lock = await acquireRunLock({ files: host.files, processes: localProcesses, now: () => new Date() }, 'run');
  expect(await host.files.list('/run/conjurer')).toEqual(['lock']);
  await lock.release();
  expect(await host.files.list('/run/conjurer')).toEqual([]);

  async function stop(): Promise<void> {
    isOver = true;
    const gone = [...living.values()].map(child => new Promise(resolve => child.once('exit', resolve)));
    for (const child of living.values()) child.kill('SIGKILL');
    await Promise.all(gone);
  }
}, 120_000);
