import type { Timeline } from '../model.ts';

export interface Scale {
  /** From 0 to 100, of a time in milliseconds. */
  at(ms: number): number;
  /** Long times in which nothing changed, and which take little room. */
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly ms: number }[];
}

const gapWidth = 6;
const maxGaps = 6;
/** What is shortened is longer than this part of all that is shown, and than this in milliseconds. */
const gapShare = 0.3;
const shortestMs = { idle: 60_000, busy: 600_000 };

/** Of minutes that count and days of waiting between them, the minutes get the room. */
export function makeScale({ lanes, from, to }: Timeline): Scale {
  const instants = lanes.flatMap(({ spans, marks }) => [
    ...spans.flatMap(span => [Date.parse(span.from), Date.parse(span.to)]),
    ...marks.map(({ at }) => Date.parse(at)),
  ]);
  const ordered = [...new Set([Date.parse(from), ...instants, Date.parse(to)])].sort((a, b) => a - b);
  const spans = lanes.flatMap(lane =>
    lane.spans.map(span => ({ start: Date.parse(span.from), end: Date.parse(span.to) })),
  );
  const pieces = ordered.slice(1).map((end, index) => {
    const start = ordered[index] ?? end;
    return { start, end, isIdle: !spans.some(span => span.start <= start && span.end >= end) };
  });
  const gaps = gapsOf(pieces);
  const busyMs = sum(pieces.filter(piece => !gaps.includes(piece)));
  const room = 100 - gaps.length * gapWidth;
  let position = 0;
  const placed = pieces.map(piece => {
    const isGap = gaps.includes(piece);
    const width = isGap ? gapWidth : busyMs === 0 ? 0 : ((piece.end - piece.start) / busyMs) * room;
    const one = { ...piece, isGap, at: position, width };
    position += width;
    return one;
  });
  return {
    at(ms) {
      const piece = placed.find(({ end }) => ms <= end) ?? placed.at(-1);
      if (piece === undefined) return 0;
      const part = piece.end === piece.start ? 0 : (ms - piece.start) / (piece.end - piece.start);
      return piece.at + Math.min(1, Math.max(0, part)) * piece.width;
    },
    gaps: placed
      .filter(({ isGap }) => isGap)
      .map(({ at, width, start, end }) => ({ from: at, to: at + width, ms: end - start })),
  };
}

interface Piece {
  readonly start: number;
  readonly end: number;
  /** No lane has anything to show. */
  readonly isIdle: boolean;
}

/** The longest first, each measured against what would be left without it. */
function gapsOf(pieces: readonly Piece[]): Piece[] {
  const gaps: Piece[] = [];
  for (const piece of pieces.toSorted((a, b) => b.end - b.start - (a.end - a.start)).slice(0, maxGaps)) {
    const rest = pieces.filter(other => !gaps.includes(other));
    const ms = piece.end - piece.start;
    const isLong = ms >= (piece.isIdle ? shortestMs.idle : shortestMs.busy) && ms >= gapShare * sum(rest);
    if (rest.length < 2 || !isLong) continue;
    gaps.push(piece);
  }
  return gaps;
}

function sum(pieces: readonly Piece[]): number {
  return pieces.reduce((total, { start, end }) => total + end - start, 0);
}
