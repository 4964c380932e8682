import type { Redactor } from '../redaction/redactor.ts';
import { createNotice } from '../report/notice.ts';
import { type Clean, clean } from './clean.ts';
import { type CollectContext, collect } from './collect.ts';
import type { Collector } from './collector.ts';
import type { BundleEntry } from './entry.ts';
import type { Stage } from './stage.ts';

/** Most collectors wait for a program. What they bring lies in memory as it is until it is redacted and packed. */
const atOnce = 12;
const bytesAtOnce = 4 * 1024 * 1024;
/** What one brings whose row names no limit: hardly any comes near the limit that it has all the same. */
const usualBytes = 64 * 1024;

/**
 * Runs the collectors, several at once, and stages what they bring in their own order: which of them no longer fit into
 * the budget does not depend on which was faster. One that brings much waits for room, and those behind it do not wait
 * with it.
 */
export async function gather(
  collectors: readonly Collector[],
  context: CollectContext,
  { redactor, stage, onEntry }: { redactor: Redactor; stage: Stage; onEntry(entry: BundleEntry): void },
): Promise<void> {
  const cleaner = { redactor, notice: createNotice() };
  const waiting = collectors.map(collector => ({
    collector,
    weight: collector.limitBytes ?? usualBytes,
    ...Promise.withResolvers<readonly Clean[]>(),
  }));
  const results = waiting.map(({ promise }) => promise);
  let running = 0;
  let bytes = 0;
  const startMore = () => {
    while (running < atOnce) {
      const at = waiting.findIndex(({ weight }) => running === 0 || bytes + weight <= bytesAtOnce);
      const [next] = at === -1 ? [] : waiting.splice(at, 1);
      if (next === undefined) return;
      running += 1;
      bytes += next.weight;
      next.resolve(
        brought(next.collector, context, cleaner).finally(() => {
          running -= 1;
          bytes -= next.weight;
          startMore();
        }),
      );
    }
  };
  startMore();
  for (const result of results) for (const one of await result) onEntry(stage.add(one));
}

async function brought(
  collector: Collector,
  context: CollectContext,
  cleaner: Parameters<typeof clean>[2],
): Promise<readonly Clean[]> {
  const { clock } = context.host;
  const startMs = clock.monotonicMs();
  const brought: Clean[] = [];
  await collect(collector, context, async raw => {
    const ms = Math.round(clock.monotonicMs() - startMs);
    brought.push(await clean(raw, collector, cleaner, ms));
  });
  return [...brought];
}
