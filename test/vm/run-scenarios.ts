import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { whyNoMachines } from './requirements.ts';

export interface Rung {
  /** "test:vm" */
  readonly command: string;
  /** Its configuration of vitest, in the project's folder. */
  readonly config: string;
  readonly folder: string;
  /** The scenarios of every CI run. */
  readonly core: readonly string[];
}

const project = join(import.meta.dirname, '../..');

/** Runs the core scenarios of a rung; with `--all` every one; with names those whose files begin so. */
export async function runScenarios({ command, config, folder, core }: Rung, words: readonly string[]): Promise<void> {
  const names = words.filter(word => !word.startsWith('-'));
  const unknown = words.find(word => word.startsWith('-') && word !== '--all');
  if (unknown !== undefined) return end(2, `unknown: ${unknown}\nusage: npm run ${command} [-- --all | NAME …]`);
  const why = whyNoMachines();
  if (why !== null) return end(1, `the machines cannot run here: ${why}`);
  const scenarios = names.length > 0 ? names : words.includes('--all') ? [''] : core;
  const files = scenarios.map(name => `${folder}/${name}`);
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', config, ...files], {
    cwd: project,
    stdio: 'inherit',
  });
  const [status] = await once(child, 'exit');
  process.exitCode = status ?? 1;
}

function end(status: number, text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = status;
}
