import { type Carry, nothingOpen } from './carry.ts';
import { isKeyText } from './key-material.ts';
import { contentStart, indentOf } from './log-prefix.ts';
import { continueOpen } from './open-lines.ts';
import { loneValue } from './pairs.ts';
import { Withheld } from './redactor.ts';
import { type Span, span } from './span.ts';

/** How far back a line can reach, in bytes: a private key of 16 KiB. What is written must stay in hand for so long. */
export const farthestBack = 16 * 1024;

/** What a line says about those above it. */
export type Before =
  | { readonly what: 'key text'; readonly most: number }
  | { readonly what: 'value'; readonly type: string }
  | { readonly what: 'secret data'; readonly indent: number };

export interface LineAbove {
  readonly start: number;
  readonly text: string;
  readonly contentAt: number;
}

/**
 * What must go from the lines before one, now that it has said what they are: the text of a key whose BEGIN is missing,
 * the value of a name below it, the data of a Secret above its kind. `above`: from the nearest one up. `whole`: they
 * reach back to the start of the text, if need be. Spans are where the lines are. Throws Withheld.
 */
export function lookBack(above: Iterable<LineAbove>, whole: boolean, before: Before): Span[] {
  if (before.what === 'key text') return keyText(above, before.most);
  if (before.what === 'value') return valueAbove(above, before.type);
  return secretData(above, whole, before.indent);
}

/** The lines of a text above the one that begins at `lineStart`, as far as is looked back. */
export function* linesAbove(bytes: Buffer, lineStart: number): Generator<LineAbove> {
  let end = lineStart - 1;
  while (end > 0 && lineStart - end <= farthestBack) {
    const start = bytes.lastIndexOf(10, end - 1) + 1;
    if (lineStart - start > farthestBack) return;
    const text = bytes.toString('latin1', start, end);
    yield { start, text, contentAt: contentStart(text) };
    end = start - 1;
  }
}

function keyText(above: Iterable<LineAbove>, most: number): Span[] {
  const spans: Span[] = [];
  for (const line of above) {
    if (spans.length >= most || !isKeyText(line.text.slice(line.contentAt))) break;
    spans.push(moved(span(line.text, line.contentAt, line.text.length, 'private-key'), line));
  }
  return spans;
}

function valueAbove(above: Iterable<LineAbove>, type: string): Span[] {
  for (const line of above) {
    const found = loneValue(line.text, line.contentAt, type)?.span;
    return found === undefined || found === null ? [] : [moved(found, line)];
  }
  return [];
}

function secretData(above: Iterable<LineAbove>, reachesStart: boolean, indent: number): Span[] {
  const lines: LineAbove[] = [];
  let whole = reachesStart;
  for (const line of above) {
    const content = line.text.slice(line.contentAt);
    const own = indentOf(line.text, line.contentAt);
    const outside = content.trim() !== '' && (own < indent || (own === indent && !isOfDocument(content)));
    whole ||= outside;
    if (outside) break;
    lines.unshift(line);
    const first = own === indent && /^\s{0,256}-\s/.test(content);
    whole ||= first;
    if (first) break;
  }
  if (!whole) throw new Withheld('a Secret of Kubernetes in it is too large to be looked at whole');
  const secret = { indent, left: lines.length + 1 };
  let carry: Carry = { ...nothingOpen, secret };
  return lines.flatMap(line => {
    const continued = continueOpen(line.text, line.contentAt, carry);
    carry = { ...continued.carry, secret };
    return continued.spans.map(found => moved(found, line));
  });
}

function moved(found: Span, line: LineAbove): Span {
  return { ...found, start: found.start + line.start, end: found.end + line.start };
}

/** `key: …`, an item of a list or a brace, in YAML or JSON; not a line of a log, and not the border of a document. */
function isOfDocument(content: string): boolean {
  return (
    !content.startsWith('---') && /^\s{0,256}(?:-\s|[{}[\]]|["']?[\w./-]{1,253}["']?\s{0,8}:(?:\s|$))/.test(content)
  );
}
