import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { builtBinary } from '../build/binary.ts';
import { openSite } from './site.ts';

const ROUNDS = 5;
const LOOK_EVERY_MS = 10;

// What `npm run bench -- enrolment` starts: a whole run of the built binary and the run after it, a few times over.
const site = await openSite();
const whole: Measured[] = [];
const second: Measured[] = [];
try {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { root } = await site.machine(`edge-${round}`);
    whole.push(await measure(root));
    second.push(await measure(root));
  }
} finally {
  await site.close();
}
const row = (name: string, ...cells: string[]) =>
  `${name.padEnd(12)}${cells.map(cell => cell.padStart(13)).join('')}\n`;
process.stdout.write(
  row('', 'median', 'most', 'peak memory') + figures('whole run', whole) + figures('second run', second),
);

interface Measured {
  readonly milliseconds: number;
  readonly peakMiB: number;
}

async function measure(root: string): Promise<Measured> {
  const startMs = performance.now();
  const child = spawn(builtBinary(), ['--root', root, 'run'], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', text => {
    stderr += text;
  });
  let peakMiB = 0;
  const looking = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peakMiB = Math.max(peakMiB, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
  }, LOOK_EVERY_MS);
  const [status] = await once(child, 'close');
  clearInterval(looking);
  if (status !== 0) throw new Error(`the run ended with ${status}: ${stderr}`);
  return { milliseconds: performance.now() - startMs, peakMiB };
}

function figures(name: string, all: readonly Measured[]): string {
  const times = all.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  const peak = Math.max(...all.map(({ peakMiB }) => peakMiB));
  return row(name, `${median.toFixed(0)} ms`, `${Math.max(...times).toFixed(0)} ms`, `${peak.toFixed(0)} MiB`);
}
