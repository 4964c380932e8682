import systeminformation from 'systeminformation';
import { gatherFacts, sources, viewOf } from '../bootstrap/facts/gather.ts';
import { readSource } from '../bootstrap/facts/source.ts';
import { localHost } from '../bootstrap/host/local-host.ts';

const ROUNDS = 20;
const LIMIT_MS = 400;
const signal = new AbortController().signal;

/**
 * How long all facts of a machine take (`run([root])`, default `/`), how long each source takes alone, and what the
 * systeminformation calls would take that they stand for. Ends with status 1 if the first, cold gather takes over 400 ms.
 */
export async function run([root = '/']) {
  const host = localHost({ root });
  const cold = await milliseconds(() => gatherFacts(host, signal));
  line('all facts, first time in the process', [cold]);
  line('all facts', await rounds(() => gatherFacts(host, signal)));
  const view = await viewOf(host, signal);
  for (const source of Object.values(sources)) {
    line(`  ${source.name}`, await rounds(() => readSource(source, view)));
  }
  process.stdout.write('\nfor comparison, systeminformation:\n');
  for (const call of ['system', 'cpu', 'mem', 'osInfo', 'blockDevices', 'diskLayout', 'fsSize', 'networkInterfaces']) {
    line(`  ${call}()`, await rounds(() => systeminformation[call]()));
  }
  if (cold > LIMIT_MS) {
    process.stderr.write(`the first gather took ${cold.toFixed(0)} ms, more than ${LIMIT_MS} ms\n`);
    process.exitCode = 1;
  }
}

async function rounds(work) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await milliseconds(work));
  return times;
}

async function milliseconds(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function line(name, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const figures = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map(time => time.toFixed(1).padStart(7));
  process.stdout.write(`${name.padEnd(38)} median ${figures[0]} ms, most ${figures[1]} ms\n`);
}
