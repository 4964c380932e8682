import { AgentError } from '../errors.ts';
import type { Files, Host } from '../host/host.ts';
import type { Missing } from './facts.ts';

/** What a source may read. `disk` and `running` are the same tree unless conjurer works on a mounted disk. */
export interface View {
  readonly host: Host;
  /** What is stored on the machine's own disk: /etc, /usr, /var. */
  readonly disk: Files;
  /** What the kernel and the services that run now say: /proc, /sys, /run. */
  readonly running: Files;
  /** `running` is the machine that runs this process, so that system calls may be asked as well. */
  readonly live: boolean;
  /** The machine's own `/` as the running system's mount table has it: "/", or "/mnt" in a rescue system. */
  readonly rootPath: string;
  readonly signal: AbortSignal;
}

/** Says why a field is null, or not as full as it could be. */
export type Report = (field: string, why: string) => void;

/** One place to read facts from. It may fail or hang: that costs its own fields, never the run. */
export interface Source<T> {
  readonly name: string;
  /** The fields of the document that it fills, as `missing` names them. */
  readonly fields: readonly string[];
  /** What stands in the document when it fails or hangs. */
  readonly unknown: T;
  read(view: View, report: Report): Promise<T>;
}

export interface Reading<T> {
  readonly value: T;
  readonly missing: readonly Missing[];
}

/** A machine on a busy host needs seconds for what takes milliseconds elsewhere; facts that are lost stop its enrolment. */
export const SOURCE_LIMIT_MS = 30_000;

/** For one program that a source asks. */
export const PROGRAM_LIMIT_MS = 10_000;

/**
 * Reads one source within `limitMs`. Rejects only when the view's signal is aborted, with its reason; what was running
 * then, or at the limit, is told to stop by the signal that the source sees.
 */
export async function readSource<T>(source: Source<T>, view: View, limitMs = SOURCE_LIMIT_MS): Promise<Reading<T>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([view.signal, stop.signal]);
  const missing: Missing[] = [];
  const lost = (why: string): Reading<T> => ({
    value: source.unknown,
    missing: source.fields.map(field => ({ field, why })),
  });
  const reading = source
    .read({ ...view, signal }, (field, why) => void missing.push({ field, why }))
    .then<Reading<T>, Reading<T>>(
      value => ({ value, missing }),
      error => lost(reasonOf(error)),
    );
  const limit = view.host.clock.sleep(limitMs, signal).then(
    () => lost(`no answer within ${limitMs} ms`),
    () => reading,
  );
  const result = await Promise.race([reading, limit, aborted(view.signal, stop.signal)]);
  stop.abort();
  return result;
}

/** Why something could not be read, in a few words for `missing`. Never the content of what was read. */
export function reasonOf(error: unknown): string {
  if (error instanceof AgentError) return error.message;
  return error instanceof Error ? `could not be understood (${error.name})` : 'could not be understood';
}

/** Rejects when `signal` is aborted; `done` ends the wait, so that no listener stays. */
function aborted(signal: AbortSignal, done: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: done });
  });
}
