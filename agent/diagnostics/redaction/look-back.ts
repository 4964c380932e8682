import { nothingOpen } from './carry.ts';
import { isKeyText } from './key-material.ts';
import type { Before } from './line.ts';
import { contentStart, indentOf } from './log-prefix.ts';
import { continueOpen } from './open-lines.ts';
import { loneValue } from './pairs.ts';
import { Withheld } from './redactor.ts';
import { type Span, span } from './span.ts';

/** How far back a line can reach, in bytes: a private key of 16 KiB. What is written must stay in hand for so long. */
export const farthestBack = 16 * 1024;

interface Line {
  readonly start: number;
  readonly text: string;
  readonly contentAt: number;
}

/**
 * What must go from the lines before the one at `lineStart`, now that it has said what they are: the text of a key
 * whose BEGIN is missing, the value of a name below it, the data of a Secret above its kind. Offsets into `bytes`.
 */
export function lookBack(bytes: Buffer, lineStart: number, before: Before): Span[] {
  if (before.what === 'key text') return keyText(bytes, lineStart);
  if (before.what === 'value') return valueAbove(bytes, lineStart, before.type);
  return secretData(bytes, lineStart, before.indent);
}

function keyText(bytes: Buffer, lineStart: number): Span[] {
  const spans: Span[] = [];
  for (const line of linesAbove(bytes, lineStart)) {
    if (line.text.trim() === '' || !isKeyText(line.text.slice(line.contentAt))) break;
    spans.push(moved(span(line.text, line.contentAt, line.text.length, 'private-key'), line));
  }
  return spans;
}

function valueAbove(bytes: Buffer, lineStart: number, type: string): Span[] {
  for (const line of linesAbove(bytes, lineStart)) {
    const found = loneValue(line.text, line.contentAt, type)?.span;
    return found === undefined || found === null ? [] : [moved(found, line)];
  }
  return [];
}

function secretData(bytes: Buffer, lineStart: number, indent: number): Span[] {
  const lines: Line[] = [];
  let whole = lineStart <= farthestBack;
  for (const line of linesAbove(bytes, lineStart)) {
    const content = line.text.slice(line.contentAt);
    whole ||= content.trim() !== '' && (content.startsWith('---') || indentOf(line.text, line.contentAt) < indent);
    if (content.trim() !== '' && indentOf(line.text, line.contentAt) < indent) break;
    lines.unshift(line);
    whole ||= indentOf(line.text, line.contentAt) === indent && /^\s*-\s/.test(content.slice(0, 300));
    if (whole && lineStart > farthestBack) break;
  }
  if (!whole) throw new Withheld('a Secret of Kubernetes in it is too large to be looked at whole');
  let carry = { ...nothingOpen, secret: { indent, left: lines.length + 1 } };
  return lines.flatMap(line => {
    const continued = continueOpen(line.text, line.contentAt, carry);
    carry = { ...continued.carry, secret: { indent, left: lines.length + 1 } };
    return continued.spans.map(found => moved(found, line));
  });
}

function moved(found: Span, line: Line): Span {
  return { ...found, start: found.start + line.start, end: found.end + line.start };
}

/** From the nearest one up. */
function* linesAbove(bytes: Buffer, lineStart: number): Generator<Line> {
  let end = lineStart - 1;
  while (end > 0 && lineStart - end <= farthestBack) {
    const start = bytes.lastIndexOf(10, end - 1) + 1;
    if (lineStart - start > farthestBack) return;
    const text = bytes.toString('latin1', start, end);
    yield { start, text, contentAt: contentStart(text) };
    end = start - 1;
  }
}
