/** A part of a line that must go: `[start, end)` in characters, which are bytes here. `value`: what equal marks mean. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  readonly value: string;
}

export function span(line: string, start: number, end: number, type: string): Span {
  return { start, end, type, value: line.slice(start, end) };
}

/** In order and apart: what overlaps is one span, named after the one that begins first (of those, the longest). */
export function joinSpans(spans: readonly Span[], text: string): Span[] {
  const joined: Span[] = [];
  for (const next of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (next.end <= next.start) continue;
    const last = joined.at(-1);
    if (last === undefined || next.start >= last.end) joined.push(next);
    else if (next.end > last.end) {
      joined[joined.length - 1] = { ...last, end: next.end, value: text.slice(last.start, next.end) };
    }
  }
  return joined;
}
