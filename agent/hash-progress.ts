import type { Progress } from '../bootstrap/components/finding.ts';
import { createMeter } from '../bootstrap/components/hash/meter.ts';
import type { Clock } from '../bootstrap/host/host.ts';
import type { EventBus } from './pipeline/events.ts';

const everyMs = 250;

/** Tells the bytes that are hashed as events, at most four a second. */
export function hashProgress(clock: Pick<Clock, 'monotonicMs'>, bus: Pick<EventBus, 'emit'>): Progress {
  const meter = createMeter(clock);
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return {
    expect: meter.expect,
    read(bytes) {
      meter.read(bytes);
      const nowMs = clock.monotonicMs();
      if (nowMs - toldAtMs < everyMs) return;
      toldAtMs = nowMs;
      const { readBytes, expectedBytes, secondsLeft } = meter.reading();
      const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft)} s left`;
      const what = `hashed ${mebibytes(readBytes)} of ${mebibytes(expectedBytes)} MiB${left}`;
      bus.emit({ type: 'progress', what, done: readBytes, total: expectedBytes });
    },
  };
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / (1024 * 1024));
}
