import type { RunResult } from '../host/host.ts';

/** What a person is told of a program that failed: the last of what it said, at most 500 characters. */
export function whyFailed({ argv, missing, timedOut, stderr, stdout, status }: RunResult): string {
  const name = argv[0]?.split('/').at(-1) ?? 'the program';
  if (missing) return `there is no program ${name} on this machine`;
  if (timedOut) return `${name} did not end in time`;
  const lines = (stderr.trim() || stdout.trim()).split('\n').filter(line => line.trim() !== '');
  return (lines.slice(-3).join('; ') || `${name} ended with status ${status ?? 'none'}`).slice(-500);
}
