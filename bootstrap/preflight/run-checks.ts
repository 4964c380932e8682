import { AgentError } from '../errors.ts';
import { type Check, type CheckContext, type CheckResult, type Finding, unknown } from './check.ts';
import { resultOf } from './result.ts';

const LIMIT_MS = 5_000;

/**
 * All checks at once, each with its own time limit; results in the order of the checks. One that hangs, throws or is
 * wrong costs only itself: its result is `error`. Rejects only with the reason of `signal`.
 */
export async function runChecks(
  checks: readonly Check[],
  context: Omit<CheckContext, 'signal'>,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  signal.throwIfAborted();
  return Promise.all(checks.map(check => runCheck(check, context, signal)));
}

async function runCheck(check: Check, context: Omit<CheckContext, 'signal'>, outer: AbortSignal): Promise<CheckResult> {
  const { clock } = context.host;
  const limitMs = check.limitMs ?? LIMIT_MS;
  const startMs = clock.monotonicMs();
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const looking = startedCheck(check, { ...context, signal });
  const limit = clock.sleep(limitMs, signal).then(
    () => unknown(`could not tell: no answer within ${limitMs / 1000} s`),
    () => looking,
  );
  const finding = await Promise.race([looking, limit, aborted(outer, stop.signal)]);
  stop.abort();
  outer.throwIfAborted();
  return resultOf(check.id, finding, clock.monotonicMs() - startMs);
}

async function startedCheck(check: Check, context: CheckContext): Promise<Finding> {
  try {
    return await check.run(context);
  } catch (error) {
    return unknown(`could not tell: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof AgentError)) return `this check has a bug (${error instanceof Error ? error.name : 'thrown'})`;
  return error.seen === undefined ? error.message : `${error.message}: ${error.seen}`;
}

/** Rejects when `signal` is aborted; `done` ends the wait, so that no listener stays. */
function aborted(signal: AbortSignal, done: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: done });
  });
}
