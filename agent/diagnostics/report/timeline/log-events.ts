import * as z from 'zod';
import type { Reader } from '../search.ts';

const LogLine = z.object({
  time: z.iso.datetime(),
  pid: z.int(),
  msg: z.string(),
  stage: z.string().optional(),
  call: z.string().optional(),
  code: z.string().optional(),
  error: z.unknown().optional(),
  for: z.string().optional(),
  command: z.string().optional(),
  state: z.string().optional(),
});
export type LogEvent = z.infer<typeof LogLine>;

const literals = ['run-started', 'stage-', 'retrying', 'waiting', 'wait-ended', 'run-ended'];
const messages = new Set([
  'run-started',
  'stage-started',
  'stage-verified',
  'stage-failed',
  'retrying',
  'waiting',
  'wait-ended',
  'run-ended',
]);

/** Reads what conjurer logged of its runs. A line that is torn or of another release is passed over. */
export function createLogReader(): Reader & { events(): readonly LogEvent[] } {
  const events: LogEvent[] = [];
  return {
    wants: path => /^conjurer\/(conjurer\.log|older-logs\/)/.test(path),
    take(_path, text) {
      for (const line of text.split('\n')) {
        const event = literals.some(literal => line.includes(literal)) ? parse(line) : null;
        if (event !== null) events.push(event);
      }
    },
    events: () => events.toSorted((a, b) => a.time.localeCompare(b.time)),
  };
}

function parse(line: string): LogEvent | null {
  try {
    const event = LogLine.parse(JSON.parse(line));
    return messages.has(event.msg) ? event : null;
  } catch {
    return null;
  }
}
