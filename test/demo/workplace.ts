import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { standInSystemctl } from '../../bootstrap/host/local-host.ts';
import { project } from './project.ts';

/** All that the demo writes, but for dist/ and .cache/. */
export interface Workplace {
  readonly folder: string;
  /** What stands for / of the machine. */
  readonly tree: string;
  /** The data of the Controller. */
  readonly controller: string;
  /** Ends what was started in the tree. */
  endPrograms(): Promise<void>;
  remove(): void;
}

/** In the system's temp folder; where no program may be started from there (noexec), in .cache/. */
export function openWorkplace(): Workplace {
  const folder = folderForPrograms([tmpdir(), path.join(project, '.cache')]);
  const tree = path.join(folder, 'machine');
  const controller = path.join(folder, 'controller');
  for (const one of [tree, controller]) mkdirSync(one);
  return {
    folder,
    tree,
    controller,
    endPrograms: () => endPrograms(tree),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

function folderForPrograms(parents: readonly string[]): string {
  for (const parent of parents) {
    mkdirSync(parent, { recursive: true });
    const folder = mkdtempSync(path.join(parent, 'conjurer-demo-'));
    if (startsPrograms(folder)) return folder;
    rmSync(folder, { recursive: true });
  }
  throw new Error(`no program can be started from any of ${parents.join(', ')}: they are mounted noexec`);
}

function startsPrograms(folder: string): boolean {
  const probe = path.join(folder, 'probe');
  writeFileSync(probe, '#!/bin/sh\n');
  chmodSync(probe, 0o700);
  const { status } = spawnSync(probe);
  rmSync(probe);
  return status === 0;
}

const patienceMs = 5_000;

async function endPrograms(tree: string): Promise<void> {
  const began = Date.now();
  for (let pids = programsOf(tree); pids.length > 0; pids = programsOf(tree)) {
    const signal = Date.now() - began < patienceMs ? 'SIGTERM' : 'SIGKILL';
    for (const pid of pids) end(pid, signal);
    await delay(50);
  }
}

/** The operator and the stand-in of this tree, and not what a person looks at the tree with. */
function programsOf(tree: string): number[] {
  const marks = [path.join(project, 'test/operator/main.ts'), path.join(tree, standInSystemctl)];
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      const words = commandLine(pid);
      return words.some(word => word.startsWith(tree)) && words.some(word => marks.includes(word));
    })
    .map(Number);
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function end(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
