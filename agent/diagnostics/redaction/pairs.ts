import { isHarmless, pairValue } from './fields.ts';
import { secretKind } from './secret-keys.ts';
import { type Span, span } from './span.ts';

export interface Pairs {
  readonly spans: readonly Span[];
  /** The TYPE of a name at the end of the line whose value must be on one of the next. */
  readonly open: string | null;
  /** The TYPE of a name whose value may have been on a line before. */
  readonly before: string | null;
}

const name = /\b(?:name|key)(?:\\{0,64}["'])?\s{0,16}[:=]\s{0,16}(?:\\{0,64}["'])?([\w.-]{1,160})(?:\\{0,64}["'])?/gi;
const valueKey = /\s{0,16},?\s{0,16}(?:\\{0,64}["'])?value(?:\\{0,64}["'])?\s{0,16}[:=]\s{0,16}/iy;
const valueAtEnd = /\bvalue(\\{0,64}["'])?\s{0,16}[:=]\s{0,16}/gi;

/** Environment as Kubernetes writes it: a name that says that it is secret, and its value beside or below it. */
export function pairSpans(line: string, contentAt: number): Pairs {
  const spans: Span[] = [];
  let open: string | null = null;
  let before: string | null = null;
  let from = 0;
  for (const { index, 0: all, 1: word = '' } of line.matchAll(name)) {
    const type = secretKind(word);
    if (type === null) continue;
    const end = index + all.length;
    valueKey.lastIndex = end;
    const gap = valueKey.exec(line)?.[0];
    if (gap !== undefined) {
      const value = pairValue(line, end + gap.length, /["']/.test(gap), false);
      add(spans, line, value.start, value.end, type);
    } else if (/^[\s",\\]*$/.test(line.slice(end, end + 16))) {
      open = type;
    }
    const start = valueBefore(line, from, index);
    if (start >= 0) add(spans, line, start, index, type);
    else if (/^[\s"'{\\-]*$/.test(line.slice(contentAt, index))) before = type;
    from = end;
  }
  return { spans, open, before };
}

/** The value of a line that is nothing but `value: …`, for a name on another line. `open`: it goes on below. */
export function loneValue(line: string, contentAt: number, type: string) {
  const key = /^\s{0,256}(?:-\s{1,8})?\{?\s{0,8}((?:\\{0,64}["'])?)value(?:\\{0,64}["'])?\s{0,16}[:=]\s{0,16}/i.exec(
    line.slice(contentAt, contentAt + 400),
  );
  if (key === null) return null;
  const at = contentAt + key[0].length;
  const value = pairValue(line, at, key[1] !== '', key[1] === '');
  const harmless = value.open === 'none' && isHarmless(line.slice(value.start, value.end));
  return { span: harmless ? null : span(line, value.start, value.end, type), value };
}

/** Where a value begins that stands in the same braces before the name. */
function valueBefore(line: string, from: number, nameAt: number): number {
  const text = line.slice(Math.max(from, nameAt - 4096), nameAt);
  const start = Math.max(text.lastIndexOf('{'), text.lastIndexOf('}')) + 1;
  const found = [...text.slice(start).matchAll(valueAtEnd)].at(-1);
  return found === undefined ? -1 : nameAt - text.length + start + found.index + found[0].length;
}

function add(spans: Span[], line: string, start: number, end: number, type: string): void {
  const text = line.slice(start, end);
  if (!isHarmless(text.replace(/^[\\"'\s]{1,64}|[\\"',\s]{1,64}$/g, ''))) spans.push(span(line, start, end, type));
}
