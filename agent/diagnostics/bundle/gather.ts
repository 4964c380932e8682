import type { Redactor } from '../redaction/redactor.ts';
import { clean } from './clean.ts';
import { type CollectContext, collect } from './collect.ts';
import type { Collector } from './collector.ts';
import type { BundleEntry } from './entry.ts';
import type { Packed, Stage } from './stage.ts';

/** Most collectors wait for a program. What they bring lies in memory as it is until it is redacted and packed. */
const atOnce = 12;
const bytesAtOnce = 6 * 1024 * 1024;
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
  const waiting = collectors.map(collector => ({
    collector,
    weight: collector.limitBytes ?? usualBytes,
    ...Promise.withResolvers<readonly Packed[]>(),
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
        brought(next.collector, context, redactor, stage).finally(() => {
          running -= 1;
          bytes -= next.weight;
          startMore();
        }),
      );
    }
  };
  startMore();
  for (const result of results) for (const packed of await result) onEntry(await stage.add(packed));
}

async function brought(
  collector: Collector,
  context: CollectContext,
  redactor: Redactor,
  stage: Stage,
): Promise<readonly Packed[]> {
  const { clock } = context.host;
  const startMs = clock.monotonicMs();
  const packed: Packed[] = [];
  await collect(collector, context, async raw => {
    const ms = Math.round(clock.monotonicMs() - startMs);
    packed.push(await stage.pack(await clean(raw, collector, redactor, ms)));
  });
  return [...packed];
}
