import { type CaptureOptions, captureCommand } from '../../../bootstrap/host/capture.ts';
import type { CollectContext } from './collect.ts';
import { rawOf } from './collect-command.ts';
import { type Argv, type Collector, defaultLimitBytes, defaultLimitMs, type Source } from './collector.ts';
import { endsLimit, joined, nothing, type Raw } from './raw.ts';

/** Lines that are asked for where short ones do not fill the tail. */
const mostLines = 30_000;
const newline = 0x0a;
const noSuchBoot = /specified boot|No such boot|No journal (?:files|boot)|Failed to (?:look up|determine) boot/i;

/**
 * A selection of the journal as text. A long one is not read through: journalctl is ended when the head is full, and its
 * newest lines are asked for apart.
 */
export async function collectJournal(
  collector: Collector,
  source: Extract<Source, { kind: 'journal' }>,
  { host, since, signal }: CollectContext,
): Promise<Raw> {
  const argv: Argv = [
    'journalctl',
    ...(host.root === '/' ? [] : [`--root=${host.root}`]),
    '--no-pager',
    '--quiet',
    '--output=short-iso',
    ...(since === null ? [] : [`--since=@${Math.floor(since.getTime() / 1000)}`]),
    ...source.select,
  ];
  const keep = endsLimit(collector.limitBytes ?? defaultLimitBytes);
  const options: CaptureOptions = { timeoutMs: collector.limitMs ?? defaultLimitMs, keep, signal };
  const isShort = source.select.includes('-n');
  const all = keep.head + keep.tail;
  const first = await captureCommand(
    argv,
    isShort ? options : { ...options, keep: { head: all, tail: 0 }, headOnly: true },
  );
  if (first.status !== 0 && noSuchBoot.test(first.stderr)) {
    return nothing(collector.to, argv.join(' '), 'not-applicable', 'the journal holds no such boot');
  }
  if (!first.ended) return rawOf(collector.to, argv, first, [0]);
  const head = first.stdout.head.subarray(0, keep.head);
  const lines = linesFor(keep.tail, head);
  const ask = (count: number) =>
    captureCommand([...argv, '-n', String(count)], { ...options, keep: { head: 0, tail: keep.tail } });
  const newest = await ask(lines);
  const isEnough = newest.stdout.tail.length === keep.tail || lines === mostLines || newest.status !== 0;
  const last = isEnough ? newest : await ask(mostLines);
  const { content } = joined({
    head,
    tail: last.stdout.tail,
    omitted: Number.POSITIVE_INFINITY,
  });
  const raw = rawOf(collector.to, argv, { ...last, stdout: { head: content, tail: Buffer.alloc(0), omitted: 0 } }, [0]);
  return { ...raw, truncated: true };
}

/** So many lines as likely fill these bytes, by those at the head. */
function linesFor(bytes: number, head: Buffer): number {
  let lines = 1;
  for (let at = head.indexOf(newline); at !== -1; at = head.indexOf(newline, at + 1)) lines += 1;
  return Math.min(mostLines, Math.ceil((1.3 * bytes * lines) / Math.max(1, head.length)));
}
