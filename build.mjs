import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `npm run build [-- --host-only] [-- --verify]`: see build/main.ts, which needs the pinned Node 24 (it is TypeScript,
 * and only that Node can make the code cache). This file runs on any Node and hands over to it.
 */
const root = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
process.exitCode = handOver();

function handOver() {
  if (process.platform !== 'linux') return refuse('the build runs on Linux only; use a Linux machine or container');
  if (!existsSync(join(root, 'node_modules', 'esbuild'))) return refuse('node_modules is missing; type: npm ci');
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const name = `node-linux-${process.arch}`;
  const pinned = optionalDependencies[name];
  if (pinned === undefined) return refuse(`no Node ${name} is pinned in package.json; build on x64 or arm64`);
  const node = join(root, 'node_modules', name, 'bin', 'node');
  if (!existsSync(node)) return refuse(`Node ${pinned} for this machine is missing; type: npm ci --include=optional`);
  const { status, error, signal } = spawnSync(node, [join(root, 'build', 'main.ts'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (error !== undefined) return refuse(`${node} does not start (${error.message}); type: npm ci`);
  return status ?? refuse(`ended by ${signal}`);
}

function refuse(reason) {
  process.stderr.write(`build: ${reason}\n`);
  return 1;
}
