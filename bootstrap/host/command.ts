import { StringDecoder } from 'node:string_decoder';
import type { RunOptions, RunResult } from './host.ts';
import { runInGroup } from './process-group.ts';

const outputLimitBytes = 8 * 1024 * 1024;

interface CommandOptions extends RunOptions {
  /** Further variables; PATH and LC_ALL are always there, and nothing of our own environment is. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Runs a program in a process group of its own, which is killed whole at the time-out or when the signal is aborted.
 * Never rejects. Of each of stdout and stderr the first 8 MiB are kept.
 */
export async function runCommand(
  argv: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<RunResult> {
  const stdout = boundedText();
  const stderr = boundedText();
  const lines = linesTo(options.onLine?.bind(options));
  const { status, timedOut, missing, reason } = await runInGroup(argv, {
    ...options,
    timeoutMs: options.timeoutMs ?? 10_000,
    onStdout(chunk) {
      stdout.add(chunk);
      lines(chunk);
    },
    onStderr: stderr.add,
  });
  return { argv, status, stdout: stdout.text(), stderr: stderr.text() + reason, timedOut, missing };
}

/** What is not ended by a line feed is no line. */
function linesTo(onLine: ((line: string) => void) | undefined): (chunk: Buffer) => void {
  if (onLine === undefined) return () => undefined;
  const decoder = new StringDecoder('utf8');
  let begun = '';
  return chunk => {
    const lines = (begun + decoder.write(chunk)).split('\n');
    begun = lines.pop()?.slice(-outputLimitBytes) ?? '';
    for (const line of lines) onLine(line);
  };
}

function boundedText(): { add(chunk: Buffer): void; text(): string } {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add(chunk) {
      const kept = chunk.subarray(0, outputLimitBytes - size);
      size += kept.length;
      if (kept.length > 0) chunks.push(kept);
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}
