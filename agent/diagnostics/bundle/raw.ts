import type { Ends, EndsLimit } from '../../../bootstrap/host/ends.ts';
import type { Outcome } from './entry.ts';

/** What a collector brought, before the redactor has seen any of it: it never leaves this process as it is. */
export interface Raw {
  readonly path: string;
  readonly source: string;
  readonly outcome: Outcome;
  readonly exitStatus: number | null;
  readonly content: Buffer | null;
  readonly truncated: boolean;
  readonly reason: string | null;
  /** The content was gzip, and is packed so again. */
  readonly packed: boolean;
}

export function nothing(path: string, source: string, outcome: Outcome, reason: string | null): Raw {
  return { path, source, outcome, exitStatus: null, content: null, truncated: false, reason, packed: false };
}

export function whole(path: string, source: string, content: Buffer): Raw {
  return { ...nothing(path, source, 'ok', null), content };
}

export function endsLimit(bytes: number): EndsLimit {
  const head = Math.ceil(bytes / 4);
  return { head, tail: bytes - head };
}

/**
 * Head and tail as one text. It is cut between lines, since half of a line could hide from the redactor what it is; and
 * what the tail begins with is left out as long as it can be the rest of a key, whose beginning is not there.
 * `omitted` Infinity: nobody counted.
 */
export function joined(ends: Ends): { readonly content: Buffer; readonly truncated: boolean } {
  const { head, tail, omitted } = ends;
  if (omitted === 0) return { content: tail.length === 0 ? head : Buffer.concat([head, tail]), truncated: false };
  const first = head.subarray(0, head.lastIndexOf(newline) + 1);
  const last = tail.subarray(startOf(tail));
  const left = omitted + head.length - first.length + tail.length - last.length;
  const said = Number.isFinite(left) ? `${left} bytes are` : 'the middle is';
  return { content: Buffer.concat([first, Buffer.from(`[conjurer: ${said} left out here]\n`), last]), truncated: true };
}

const newline = 0x0a;

function startOf(tail: Buffer): number {
  let start = tail.indexOf(newline) + 1;
  if (start === 0) return tail.length;
  const end = tail.indexOf('-----END ');
  const begin = tail.indexOf('-----BEGIN ');
  if (end !== -1 && (begin === -1 || end < begin)) {
    const after = tail.indexOf(newline, end);
    start = after === -1 ? tail.length : after + 1;
  }
  for (;;) {
    const next = tail.indexOf(newline, start);
    if (next === -1 || !mayBeKey(tail.subarray(start, next))) return start;
    start = next + 1;
  }
}

/** A line that ends in nothing but base64, as the middle of a PEM block does, in a log too. */
function mayBeKey(line: Buffer): boolean {
  return /(?:^|[\s"'|:])[A-Za-z0-9+/=_-]{32,}["',\s]*$/.test(line.subarray(-1024).toString('latin1'));
}
