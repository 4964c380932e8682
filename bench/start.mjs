import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROUNDS = 60;
const root = join(import.meta.dirname, '..');

/**
 * How long the binary takes to say its version, against `node -e 0` of the same Node: both in turn, so that other load on
 * the machine meets both alike. The ratio of the medians is what counts; milliseconds are this machine's.
 */
export async function run([given]) {
  const binary = given ?? join(root, 'dist', `conjurer-linux-${process.arch}`);
  const node = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (!existsSync(binary)) throw new Error(`${binary} is missing; type: npm run build -- --host-only`);
  const peers = {
    'node -e 0': () => time(node, ['-e', '0']),
    'conjurer --version': () => time(binary, ['--version']),
  };
  const times = Object.fromEntries(Object.keys(peers).map(name => [name, []]));
  for (let round = -3; round < ROUNDS; round++) {
    for (const [name, measure] of Object.entries(peers)) {
      const milliseconds = measure();
      if (round >= 0) times[name].push(milliseconds);
    }
  }
  for (const [name, all] of Object.entries(times)) {
    process.stdout.write(
      `${name.padEnd(20)} median ${median(all).toFixed(1)} ms, least ${Math.min(...all).toFixed(1)} ms\n`,
    );
  }
  const ratio = median(times['conjurer --version']) / median(times['node -e 0']);
  process.stdout.write(`ratio                ${ratio.toFixed(2)} (${ROUNDS} rounds each)\n`);
}

function time(command, args) {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  const end = process.hrtime.bigint();
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return Number(end - start) / 1e6;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
