import { type Ends, type EndsLimit, keepEnds } from './ends.ts';
import { runInGroup } from './process-group.ts';

export interface CaptureOptions {
  readonly timeoutMs: number;
  /** Of stdout. */
  readonly keep: EndsLimit;
  /** The program is ended as soon as the head is full: the tail is asked for in another way. */
  readonly headOnly?: boolean;
  readonly signal?: AbortSignal;
}

/** Never thrown: a program that is missing, fails or hangs is a result like any other. */
export interface Captured {
  readonly stdout: Ends;
  /** The first 64 KiB. */
  readonly stderr: string;
  /** null when it was killed or never ran. */
  readonly status: number | null;
  readonly timedOut: boolean;
  readonly missing: boolean;
  /** It was ended because the head was full. */
  readonly ended: boolean;
}

const stderrBytes = 64 * 1024;

/**
 * Runs a program for its output, however much that is: never a shell, `LC_ALL=C`, nothing of our environment, at the
 * lowest priority, and its whole process group is killed at the time-out.
 */
export async function captureCommand(argv: readonly [string, ...string[]], options: CaptureOptions): Promise<Captured> {
  const stdout = keepEnds(options.keep);
  const stderr = keepEnds({ head: stderrBytes, tail: 0 });
  let ended = false;
  const { status, timedOut, missing, reason } = await runInGroup(argv, {
    timeoutMs: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    background: true,
    onStdout(chunk, end) {
      stdout.add(chunk);
      if (options.headOnly !== true || ended || !stdout.headIsFull()) return;
      ended = true;
      end();
    },
    onStderr: stderr.add,
  });
  const said = stderr.ends().head.toString('utf8') + reason;
  return { stdout: stdout.ends(), stderr: said, status, timedOut, missing, ended };
}
