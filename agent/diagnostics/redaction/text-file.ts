import { isUtf8 } from 'node:buffer';
import { type Carry, isOpen, nothingOpen } from './carry.ts';
import type { KnownForm } from './known-secrets.ts';
import { lineSpans, rules } from './line.ts';
import type { LiteralScan } from './literal-scan.ts';
import { farthestBack, linesAbove, lookBack } from './look-back.ts';
import type { Mark } from './marks.ts';
import { type FileRedaction, type Redactions, Withheld } from './redactor.ts';
import { joinSpans, type Span } from './span.ts';
import { nextTokenTail } from './token-scan.ts';

export interface TextRules {
  readonly scan: LiteralScan;
  readonly forms: readonly KnownForm[];
  readonly mark: Mark;
  /** What is done to the text between the marks. */
  readonly between: ((text: string) => string) | null;
}

const blockBytes = 256 * 1024;
const longestLine = 8 * 1024 * 1024;

/**
 * Text in pieces of any size; what comes out does not depend on where they are cut. Bytes are looked at as latin1, so
 * that nothing is lost or moved; a line that is no UTF-8 goes whole. In memory: at most twice the longest line allowed.
 */
export function redactText(given: TextRules): FileRedaction {
  const counts: Record<string, number> = {};
  let kept: Buffer = Buffer.alloc(0);
  let carry: Carry = nothingOpen;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;

  const work = (last: boolean): Buffer => {
    const block = aligned([kept, ...pending], kept.length + pendingBytes);
    pending = [];
    pendingBytes = 0;
    const complete = last ? block.length : block.lastIndexOf(10) + 1;
    checkLines(block, complete);
    const cut = last ? complete : lineStartBefore(block, complete - 2 * farthestBack);
    if (cut <= 0) {
      kept = block;
      return Buffer.alloc(0);
    }
    checkText(block.subarray(0, complete));
    const found = spansOf(block, complete, cut, carry, given);
    const clean = replaced(block.subarray(0, cut), found.spans, given, counts);
    kept = block.subarray(cut);
    carry = found.carryAtCut;
    return clean;
  };

  return {
    push(piece) {
      const out: Buffer[] = [];
      for (let at = 0; at < piece.length; at += blockBytes) {
        const slice = piece.subarray(at, at + blockBytes);
        pending.push(slice);
        pendingBytes += slice.length;
        if (pendingBytes >= Math.max(blockBytes, kept.length)) out.push(work(false));
      }
      // The piece is the caller's again.
      pending = pending.map(part => (part.buffer === piece.buffer ? Buffer.from(part) : part));
      return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out);
    },
    end() {
      const rest = work(true);
      return { rest, redactions: counts as Redactions };
    },
  };
}

interface Found {
  readonly spans: Span[];
  readonly carryAtCut: Carry;
}

/** Looks only at lines that hold a literal of a rule, or follow one that has left something open. */
function spansOf(block: Buffer, complete: number, cut: number, before: Carry, given: TextRules): Found {
  const pairs = new Uint16Array(block.buffer, block.byteOffset, (block.length + 1) >> 1);
  const spans = isUtf8(block.subarray(0, complete)) ? [] : foreignLines(block, complete);
  let carry = before;
  let carryAtCut: Carry | null = null;
  let tokenAt = nextTokenTail(block, 0, complete);
  let start = 0;
  while (start < complete) {
    let at = start;
    if (!isOpen(carry)) {
      at = nextLiteral(block, pairs, start, complete, given.scan);
      if (tokenAt < start) tokenAt = nextTokenTail(block, start, complete);
      at = Math.min(at, tokenAt);
      if (at >= complete) break;
      start = at === 0 ? 0 : block.lastIndexOf(10, at - 1) + 1;
    }
    if (carryAtCut === null && start >= cut) carryAtCut = carry;
    const lineBreak = block.indexOf(10, start);
    const end = lineBreak < 0 || lineBreak > complete ? complete : lineBreak;
    if (tokenAt < start) tokenAt = nextTokenTail(block, start, complete);
    const needed = neededIn(block, pairs, start, end, given.scan) | (tokenAt < end ? rules.kubeadmToken : 0);
    if (needed !== 0 || isOpen(carry)) {
      const result = lineSpans(block.toString('latin1', start, end), needed, carry, given.forms);
      for (const span of result.spans) spans.push({ ...span, start: span.start + start, end: span.end + start });
      if (result.before !== null) {
        spans.push(...lookBack(linesAbove(block, start), start <= farthestBack, result.before));
      }
      carry = result.carry;
    }
    start = end + 1;
  }
  return { spans, carryAtCut: carryAtCut ?? carry };
}

function nextLiteral(block: Buffer, pairs: Uint16Array, from: number, to: number, scan: LiteralScan): number {
  let at = scan.next(pairs, from & ~1, to);
  while (at < to && scan.rulesAt(block, at) === 0) at = scan.next(pairs, at + 2, to);
  return at < to ? Math.max(at, from) : to;
}

function neededIn(block: Buffer, pairs: Uint16Array, start: number, end: number, scan: LiteralScan): number {
  let needed = 0;
  const stop = end + 1;
  for (let at = scan.next(pairs, start & ~1, stop); at < stop; at = scan.next(pairs, at + 2, stop)) {
    needed |= scan.rulesAt(block, at);
  }
  return needed;
}

function replaced(block: Buffer, spans: readonly Span[], given: TextRules, counts: Record<string, number>): Buffer {
  if (spans.length === 0 && given.between === null) return block;
  const between = (from: number, to: number) => {
    const part = block.subarray(from, to);
    return given.between === null ? part : Buffer.from(given.between(part.toString('latin1')), 'latin1');
  };
  const inside = spans.filter(({ start }) => start < block.length);
  const out: Buffer[] = [];
  let at = 0;
  for (const { start, end, type, value } of joinSpans(inside, block.toString('latin1'))) {
    out.push(between(at, start), Buffer.from(given.mark(type, value), 'latin1'));
    counts[type] = (counts[type] ?? 0) + 1;
    at = end;
  }
  out.push(between(at, block.length));
  return Buffer.concat(out);
}

/** One copy that begins at an even address, with a spare byte behind an odd length. */
function aligned(parts: readonly Uint8Array[], length: number): Buffer {
  const block = Buffer.from(new ArrayBuffer(length + 2), 0, length);
  let at = 0;
  for (const part of parts) {
    block.set(part, at);
    at += part.length;
  }
  return block;
}

function lineStartBefore(block: Buffer, at: number): number {
  return at <= 0 ? 0 : block.lastIndexOf(10, at - 1) + 1;
}

function checkLines(block: Buffer, complete: number): void {
  if (block.length <= longestLine) return;
  let start = 0;
  for (let end = block.indexOf(10); end >= 0 && end < complete; end = block.indexOf(10, start)) {
    if (end - start > longestLine) throw tooLong();
    start = end + 1;
  }
  if (block.length - start > longestLine) throw tooLong();
}

function tooLong(): Withheld {
  return new Withheld(`a line in it is longer than ${longestLine / 1024 / 1024} MiB`);
}

/** UTF-16 hides every word from a look at bytes. Zero bytes alone, as a power cut leaves them in a log, do not. */
function checkText(bytes: Buffer): void {
  let alternating = 0;
  for (let at = bytes.indexOf(0); at >= 0; ) {
    const next = bytes.indexOf(0, at + 1);
    alternating = next === at + 2 ? alternating + 1 : 0;
    if (alternating >= 8) throw new Withheld('it is no text in UTF-8');
    at = next;
  }
}

function foreignLines(block: Buffer, complete: number): Span[] {
  const spans: Span[] = [];
  let start = 0;
  while (start < complete) {
    const lineBreak = block.indexOf(10, start);
    const end = lineBreak < 0 || lineBreak > complete ? complete : lineBreak;
    if (!isUtf8(block.subarray(start, end))) {
      spans.push({ start, end, type: 'not-utf-8', value: block.toString('latin1', start, end) });
    }
    start = end + 1;
  }
  return spans;
}
