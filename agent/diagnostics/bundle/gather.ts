import type { Redactor } from '../redaction/redactor.ts';
import { type Clean, clean } from './clean.ts';
import { type CollectContext, collect } from './collect.ts';
import type { Collector } from './collector.ts';
import type { BundleEntry } from './entry.ts';
import type { Stage } from './stage.ts';

/** So many at once: most of them wait for a program, and what they bring lies in memory until it is packed. */
const atOnce = 4;

/**
 * Runs the collectors, several at once, and stages what they bring in their own order: which of them no longer fit into
 * the budget does not depend on which was faster.
 */
export async function gather(
  collectors: readonly Collector[],
  context: CollectContext,
  { redactor, stage, onEntry }: { redactor: Redactor; stage: Stage; onEntry(entry: BundleEntry): void },
): Promise<void> {
  const running: Promise<readonly Clean[]>[] = [];
  const rest = [...collectors];
  const startNext = () => {
    const next = rest.shift();
    if (next !== undefined) running.push(brought(next, context, redactor));
  };
  for (let started = 0; started < atOnce; started += 1) startNext();
  for (let first = running.shift(); first !== undefined; first = running.shift()) {
    const cleaned = await first;
    startNext();
    for (const one of cleaned) onEntry(await stage.add(one));
  }
}

async function brought(collector: Collector, context: CollectContext, redactor: Redactor): Promise<readonly Clean[]> {
  const { clock } = context.host;
  const startMs = clock.monotonicMs();
  const raws = await collect(collector, context);
  const ms = Math.round(clock.monotonicMs() - startMs);
  const cleaned: Clean[] = [];
  for (const raw of raws) cleaned.push(await clean(raw, collector, redactor, ms));
  return cleaned;
}
