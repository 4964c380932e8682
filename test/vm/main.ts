import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { whyNoMachines } from './requirements.ts';

/** `npm run test:vm`: the scenarios of every CI run; with `--all` every one; with names those whose files begin so. */
const CORE = ['first-boot', 'static-network', 'boot-cut'];

const project = join(import.meta.dirname, '../..');
const words = process.argv.slice(2);
const names = words.filter(word => !word.startsWith('-'));
const unknown = words.find(word => word.startsWith('-') && word !== '--all');

if (unknown !== undefined) end(2, `unknown: ${unknown}\nusage: npm run test:vm [-- --all | NAME …]`);
else await run(names.length > 0 ? names : words.includes('--all') ? [''] : CORE);

async function run(scenarios: readonly string[]): Promise<void> {
  const why = whyNoMachines();
  if (why !== null) return end(1, `the machines cannot run here: ${why}`);
  const files = scenarios.map(name => `test/vm/scenarios/${name}`);
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.vm.config.ts', ...files], {
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
