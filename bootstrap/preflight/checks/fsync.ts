import { type Check, type CheckContext, type Finding, onRunningSystem, pass, skip, unknown } from '../check.ts';
import { nearestExisting } from '../nearest.ts';

/** etcd's usual entry, as its own documentation measures a disk. */
const BYTES = 2_300;
const COUNT = 500;
const ROUND_MS = 1_200;
/** A machine that boots is busy: only a disk that is slow each time is called too slow. */
const ROUNDS = 3;
const WARN_MS = 10;
const FAIL_MS = 100;

export const fsyncCheck: Check = {
  id: 'fsync',
  limitMs: 10_000,
  run: onRunningSystem(async context => {
    const { host, settings, uid, disk } = context;
    if (host.measureSync === undefined) return skip('this is not the disk of the machine');
    if (await settings.isEnrolled()) return skip('a machine that is in use is not slowed down by measuring');
    if (uid !== 0) return unknown('only root may write there');
    const directory = await nearestExisting(disk, '/var/lib/etcd');
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS && best > FAIL_MS; round += 1) {
      best = Math.min(best, percentile99(await measure(context, directory)));
    }
    return judgeSync(best, directory);
  }),
};

/** `ms`: the 99th percentile. */
export function judgeSync(ms: number, directory: string): Finding {
  const observed = `${ms.toFixed(1)} ms in ${directory}`;
  if (ms <= WARN_MS) return pass(observed);
  const fix = 'put /var/lib/etcd on a faster disk: SSD, not shared with backups, write cache of the controller on';
  return { status: ms > FAIL_MS ? 'fail' : 'warn', observed, fix };
}

/** The least value that 99 of 100 do not exceed. */
export function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(0.99 * sorted.length) - 1] ?? Number.POSITIVE_INFINITY;
}

async function measure({ host, signal }: CheckContext, directory: string): Promise<number[]> {
  const round = AbortSignal.any([signal, AbortSignal.timeout(ROUND_MS)]);
  return (await host.measureSync?.(directory, { count: COUNT, bytes: BYTES, signal: round })) ?? [];
}
