import { AgentError } from '../../../bootstrap/errors.ts';
import { afterOwnTime } from '../../../bootstrap/host/own-time.ts';
import { collectCommand } from './collect-command.ts';
import { collectFile, collectTree } from './collect-files.ts';
import { collectJournal } from './collect-journal.ts';
import type { Collector } from './collector.ts';
import { defaultLimitMs } from './collector.ts';
import type { Outcome } from './entry.ts';
import type { MakeContext } from './make-context.ts';
import { nothing, type Raw, whole } from './raw.ts';

export interface CollectContext extends MakeContext {
  /** Log files that were last written before are left out, and journals begin there. null: no limit. */
  readonly since: Date | null;
  /** Asked once for all collectors that need it. */
  readonly apiAnswers: boolean;
}

/** Is given each piece of evidence before the next is read, so that only one of them lies in memory as it is. */
export type Take = (raw: Raw) => Promise<void>;

/**
 * All that one collector brings. Never rejects for what it collects, and never takes longer than its limit: whatever goes
 * wrong costs only this collector. `context.signal` ends it early.
 */
export async function collect(collector: Collector, context: CollectContext, take: Take): Promise<void> {
  const limitMs = collector.limitMs ?? defaultLimitMs;
  const limit = new AbortController();
  const signal = AbortSignal.any([context.signal, limit.signal]);
  const instead = (outcome: Outcome, reason: string) =>
    take(nothing(collector.to, sourceText(collector), outcome, reason));
  if (signal.aborted) return instead('timed-out', 'no time was left for it');
  const { promise: over, resolve } = Promise.withResolvers<'over'>();
  signal.addEventListener('abort', () => resolve('over'), { once: true });
  // A program is ended by its own limit, and what it had said until then is kept.
  const isProgram = collector.source.kind === 'command' || collector.source.kind === 'journal';
  const cancelLimit = afterOwnTime(isProgram ? limitMs + graceMs : limitMs, () => limit.abort());
  const takeInTime: Take = async raw => {
    if (!signal.aborted) await take(raw);
  };
  try {
    if ((await Promise.race([bring(collector, { ...context, signal }, takeInTime), over])) !== 'over') return;
    const reason = context.signal.aborted ? 'the time of the whole bundle was used up' : `it took over ${limitMs} ms`;
    await instead('timed-out', reason);
  } catch (error) {
    await instead('failed', reasonOf(error));
  } finally {
    cancelLimit();
  }
}

/** Until a program that was ended at its limit has said its last, on a machine that is busy too. */
const graceMs = 5_000;

/** As it stands in the manifest. */
export function sourceText({ source }: Pick<Collector, 'source'>): string {
  switch (source.kind) {
    case 'command':
      return source.argv.join(' ');
    case 'journal':
      return `journalctl ${source.select.join(' ')}`;
    case 'file':
      return source.path;
    case 'tree':
      return `${source.directory}/`;
    case 'made':
      return source.from;
  }
}

async function bring(collector: Collector, context: CollectContext, take: Take): Promise<void> {
  const { source, to, needs } = collector;
  const notHere = (reason: string) => take(nothing(to, sourceText(collector), 'not-applicable', reason));
  if (needs !== undefined && (await context.host.files.stat(needs)) === null) return notHere(`there is no ${needs}`);
  if (collector.needsApi === true && !context.apiAnswers) {
    return notHere('no API server of this machine answered within 2 s');
  }
  switch (source.kind) {
    case 'command':
      return take(await collectCommand(collector, source, context));
    case 'journal':
      return take(await collectJournal(collector, source, context));
    case 'file':
      return take(await collectFile(collector, source, context));
    case 'tree':
      return collectTree(collector, source, context, take);
    case 'made': {
      const text = await source.make(context);
      return text === null ? notHere('there is none on this machine') : take(whole(to, source.from, Buffer.from(text)));
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AgentError) {
    return `${error.code}: ${error.message}${error.seen === undefined ? '' : ` (${error.seen})`}`;
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : 'it failed without a reason';
}
