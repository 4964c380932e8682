import type { Clock } from '../../host/host.ts';
import type { Progress } from '../finding.ts';

export interface Reading {
  readonly readBytes: number;
  /** Never less than `readBytes`. */
  readonly expectedBytes: number;
  /** null until enough was read to tell. */
  readonly secondsLeft: number | null;
}

export interface Meter extends Progress {
  reading(): Reading;
}

/** Below this the speed says more about what the page cache held than about the disk. */
const tellAfterMs = 500;

/** How far a validation is, and how long it will take at the speed it has had so far. */
export function createMeter({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Meter {
  let readBytes = 0;
  let expectedBytes = 0;
  let startedMs: number | null = null;

  return {
    expect(bytes) {
      startedMs ??= monotonicMs();
      expectedBytes += bytes;
    },
    read(bytes) {
      readBytes += bytes;
    },
    reading() {
      const expected = Math.max(expectedBytes, readBytes);
      const elapsedMs = startedMs === null ? 0 : monotonicMs() - startedMs;
      const known = readBytes > 0 && elapsedMs >= tellAfterMs;
      const secondsLeft = known ? ((expected - readBytes) * elapsedMs) / readBytes / 1000 : null;
      return { readBytes, expectedBytes: expected, secondsLeft };
    },
  };
}
