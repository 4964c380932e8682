import { type JournalEntry, timedSchema } from './journal-entry.ts';

export interface Replayed {
  /** Those before the first damage. */
  readonly entries: readonly JournalEntry[];
  /** `torn`: only the last line, as a power cut leaves it. `corrupt`: an earlier one. */
  readonly damage: 'none' | 'torn' | 'corrupt';
}

/** Reads the bytes of a journal. */
export function replay(bytes: Buffer): Replayed {
  const lines = bytes.toString('utf8').split('\n');
  // Every whole line ends in a newline, so that what follows the last one is empty or was cut short.
  const unended = lines.pop() ?? '';
  const entries: JournalEntry[] = [];
  for (const [index, text] of lines.entries()) {
    const entry = parseLine(text);
    if (entry === null) {
      const isLast = index === lines.length - 1 && unended === '';
      return { entries, damage: isLast ? 'torn' : 'corrupt' };
    }
    entries.push(entry);
  }
  return { entries, damage: unended === '' ? 'none' : 'torn' };
}

function parseLine(text: string): JournalEntry | null {
  try {
    return timedSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
