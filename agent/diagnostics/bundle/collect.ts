import { AgentError } from '../../../bootstrap/errors.ts';
import { collectCommand } from './collect-command.ts';
import { collectFile, collectTree } from './collect-files.ts';
import { collectJournal } from './collect-journal.ts';
import type { Collector } from './collector.ts';
import { defaultLimitMs } from './collector.ts';
import type { MakeContext } from './make-context.ts';
import { nothing, type Raw, whole } from './raw.ts';

export interface CollectContext extends MakeContext {
  /** Log files that were last written before are left out, and journals begin there. null: no limit. */
  readonly since: Date | null;
  /** Asked once for all collectors that need it. */
  apiAnswers(): Promise<boolean>;
}

/**
 * All that one collector brings. Never rejects, and never takes longer than its limit: whatever goes wrong costs only
 * this collector. `context.signal` ends it early.
 */
export async function collect(collector: Collector, context: CollectContext): Promise<readonly Raw[]> {
  const limitMs = collector.limitMs ?? defaultLimitMs;
  const limit = new AbortController();
  const signal = AbortSignal.any([context.signal, limit.signal]);
  const { promise: over, resolve } = Promise.withResolvers<'over'>();
  signal.addEventListener('abort', () => resolve('over'), { once: true });
  // A program is ended by its own limit, and what it had said until then is kept.
  const timer = setTimeout(() => limit.abort(), limitMs + graceMs);
  try {
    if (signal.aborted) return [nothing(collector.to, sourceText(collector), 'timed-out', 'no time was left for it')];
    const raws = await Promise.race([take(collector, { ...context, signal }), over]);
    if (raws !== 'over') return raws;
    const reason = context.signal.aborted ? 'the time of the whole bundle was used up' : `it took over ${limitMs} ms`;
    return [nothing(collector.to, sourceText(collector), 'timed-out', reason)];
  } catch (error) {
    return [nothing(collector.to, sourceText(collector), 'failed', reasonOf(error))];
  } finally {
    clearTimeout(timer);
  }
}

const graceMs = 1_000;

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

async function take(collector: Collector, context: CollectContext): Promise<readonly Raw[]> {
  const { source, to } = collector;
  const { needs } = collector;
  if (needs !== undefined && (await context.host.files.stat(needs)) === null) {
    return [nothing(to, sourceText(collector), 'not-applicable', `there is no ${needs}`)];
  }
  if (collector.needsApi === true && !(await context.apiAnswers())) {
    return [nothing(to, sourceText(collector), 'not-applicable', 'no API server of this machine answered within 2 s')];
  }
  switch (source.kind) {
    case 'command':
      return [await collectCommand(collector, source, context)];
    case 'journal':
      return [await collectJournal(collector, source, context)];
    case 'file':
      return [await collectFile(collector, source, context)];
    case 'tree':
      return collectTree(collector, source, context);
    case 'made': {
      const text = await source.make(context);
      if (text === null) return [nothing(to, source.from, 'not-applicable', 'there is none on this machine')];
      return [whole(to, source.from, Buffer.from(text))];
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AgentError) {
    return `${error.code}: ${error.message}${error.seen === undefined ? '' : ` (${error.seen})`}`;
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : 'it failed without a reason';
}
