import { type Carry, isOpen, nothingOpen, settled } from './carry.ts';
import { commandSpans } from './commands.ts';
import { fieldSpans } from './fields.ts';
import { isKeyText, materialSpans } from './key-material.ts';
import { type KnownForm, knownSpans } from './known-secrets.ts';
import { contentStart, indentOf } from './log-prefix.ts';
import { type Before, type LineAbove, lookBack } from './look-back.ts';
import { continueOpen, opened } from './open-lines.ts';
import { pairSpans } from './pairs.ts';
import { secretObjectSpans } from './secret-objects.ts';
import { kubeadmTokenSpans, shapeSpans } from './shapes.ts';
import type { Span } from './span.ts';
import { urlSpans } from './urls.ts';

/** Bits: the rules that a line needs, by the literals in it. */
export const rules = {
  field: 1,
  url: 2,
  shape: 4,
  material: 8,
  command: 16,
  known: 32,
  kubeadmToken: 64,
  object: 128,
} as const;

export interface LineResult {
  readonly spans: readonly Span[];
  readonly carry: Carry;
  /** What the lines before this one must be looked at again for. */
  readonly before: Before | null;
}

const pairLines = 3;
const secretLines = 400;
const mostAbove = 256;
const wrapped = 32;
const keyLines = 8;

/**
 * What must go from a line (latin1, no line break). Breaks that are escaped in it, and zero bytes, begin a line too:
 * those lines are looked at one by one as well, and both views count.
 */
export function lineSpans(line: string, needed: number, carry: Carry, forms: readonly KnownForm[]): LineResult {
  const whole = oneLine(line, needed, carry, forms);
  const breaks = [...line.matchAll(/\\{1,64}(?:n|u0000)|\0/g)];
  if (breaks.length === 0) return whole;
  const spans = [...whole.spans];
  const above: LineAbove[] = [];
  let within: Carry = carry.material > 0 ? { ...nothingOpen, material: carry.material } : nothingOpen;
  let start = 0;
  for (const found of [...breaks, null]) {
    const text = line.slice(start, found?.index ?? line.length);
    const part = oneLine(text, needed & ~rules.known, within, []);
    spans.push(...part.spans.map(span => ({ ...span, start: span.start + start, end: span.end + start })));
    if (part.before !== null) spans.push(...lookBack(above, above.length < mostAbove, part.before));
    above.unshift({ start, text, contentAt: contentStart(text) });
    if (above.length > mostAbove) above.pop();
    within = part.carry;
    start = found === null ? line.length : found.index + found[0].length;
  }
  const material = Math.max(whole.carry.material, within.material);
  return { ...whole, spans, carry: settled({ ...whole.carry, material }) };
}

function oneLine(given: string, needed: number, before: Carry, forms: readonly KnownForm[]): LineResult {
  // Each rule asks for the end of the text again and again: it must not have to look for it behind a mile of spaces.
  const line = given.trimEnd();
  const contentAt = contentStart(given);
  const spans: Span[] = [];
  let carry = before;
  let look: Before | null = null;
  if (isOpen(before)) {
    const continued = continueOpen(line, contentAt, before);
    spans.push(...continued.spans);
    carry = continued.carry;
  }
  if (needed & rules.material || before.material > 0) {
    const material = materialSpans(line, contentAt, before.material);
    spans.push(...material.spans);
    carry = { ...carry, material: material.left };
    if (before.material === 0 && material.spans.length > 0 && material.left === 0)
      look = { what: 'key text', most: Number.POSITIVE_INFINITY };
  }
  if (needed & rules.field) {
    const fields = fieldSpans(line, contentAt);
    spans.push(...fields.spans);
    if (fields.open !== null) {
      const { how, type, close } = fields.open;
      const indent = how === 'bracket' ? 0 : indentOf(line, contentAt);
      carry = { ...carry, ...opened(how, type, close, indent) };
    }
    const pairs = pairSpans(line, contentAt);
    spans.push(...pairs.spans);
    if (pairs.open !== null) carry = { ...carry, pair: { type: pairs.open, left: pairLines } };
    if (pairs.before !== null) look = { what: 'value', type: pairs.before };
    if (/^\s{0,256}chpasswd\s{0,8}:\s{0,8}$/.test(line.slice(contentAt, contentAt + 400))) {
      carry = {
        ...carry,
        below: { indent: indentOf(line, contentAt), type: 'password', how: 'users', left: secretLines },
      };
    }
  }
  if (needed & rules.url) spans.push(...urlSpans(line));
  if (needed & rules.shape) {
    const found = shapeSpans(line);
    spans.push(...found);
    const key = found.find(({ type, start, end }) => type === 'private-key' && isWrapped(line, start, end));
    if (key !== undefined && before.material === 0) look = { what: 'key text', most: Number.POSITIVE_INFINITY };
    if (key !== undefined) carry = { ...carry, material: keyLines };
  }
  if (needed & rules.kubeadmToken) spans.push(...kubeadmTokenSpans(line));
  if (needed & rules.command) spans.push(...commandSpans(line));
  if (needed & rules.known) {
    const known = knownSpans(line, forms);
    spans.push(...known);
    // Base64 that is wrapped begins and ends on other lines.
    if (known.some(({ start, end }) => isWrapped(line, start, end))) carry = { ...carry, material: 2 };
    if (known.some(({ start, end }) => start <= contentAt && isKeyText(line.slice(start, end))))
      look = { what: 'key text', most: 1 };
  }
  if (needed & rules.object) {
    spans.push(...secretObjectSpans(line));
    if (/^\s{0,256}(?:-\s{1,8})?["']?kind["']?\s{0,8}:\s{0,8}["']?Secret["']?,?\s{0,8}$/.test(line.slice(contentAt))) {
      const indent = indentOf(line, contentAt);
      carry = { ...carry, secret: { indent, left: secretLines } };
      look = { what: 'secret data', indent };
    }
  }
  return { spans, carry: settled(carry), before: look };
}

/** Base64 that fills its line up to the end goes on in the next. */
function isWrapped(line: string, start: number, end: number): boolean {
  return end - start >= wrapped && end >= line.trimEnd().length;
}
