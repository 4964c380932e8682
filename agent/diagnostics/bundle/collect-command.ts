import { type Captured, captureCommand } from '../../../bootstrap/host/capture.ts';
import type { CollectContext } from './collect.ts';
import { type Argv, type Collector, defaultLimitBytes, defaultLimitMs, type Source } from './collector.ts';
import { endsLimit, joined, nothing, type Raw } from './raw.ts';

/** What a program says, on stdout and after it on stderr. */
export async function collectCommand(
  collector: Collector,
  source: Extract<Source, { kind: 'command' }>,
  { host, signal }: CollectContext,
): Promise<Raw> {
  const { to, answers = [0] } = collector;
  const argv = host.root === '/' ? source.argv : source.rooted?.(host.root);
  if (argv === undefined) return nothing(to, source.argv.join(' '), 'not-applicable', 'it asks a machine that runs');
  const said = await captureCommand(argv, {
    timeoutMs: collector.limitMs ?? defaultLimitMs,
    keep: endsLimit(collector.limitBytes ?? defaultLimitBytes),
    signal,
  });
  return rawOf(to, argv, said, answers);
}

export function rawOf(to: string, argv: Argv, said: Captured, answers: readonly number[]): Raw {
  const source = argv.join(' ');
  if (said.missing) return nothing(to, source, 'not-applicable', `there is no program ${argv[0]}`);
  const { content, truncated } = joined(said.stdout);
  const all = said.stderr === '' ? content : Buffer.concat([content, Buffer.from(`[stderr]\n${said.stderr}`)]);
  const outcome = said.timedOut ? 'timed-out' : answers.includes(said.status ?? -1) ? 'ok' : 'failed';
  const reason = outcome === 'timed-out' ? 'it was ended at its time limit' : outcome === 'ok' ? null : complaint(said);
  return { path: to, source, outcome, exitStatus: said.status, content: all, truncated, reason, packed: false };
}

/** The last line that it said about its failure is mostly the reason. */
function complaint({ status, stderr }: Captured): string {
  const last = stderr.trim().split('\n').at(-1)?.trim().slice(0, 300) ?? '';
  const ended = status === null ? 'it was killed' : `it ended with status ${status}`;
  return last === '' ? ended : `${ended}: ${last}`;
}
