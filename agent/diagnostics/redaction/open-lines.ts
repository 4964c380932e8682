import type { Below, Carry } from './carry.ts';
import { isHarmless, pairValue } from './fields.ts';
import { indentOf } from './log-prefix.ts';
import { loneValue } from './pairs.ts';
import { type Span, span } from './span.ts';
import type { FoundValue } from './values.ts';

export interface Continued {
  readonly spans: readonly Span[];
  readonly carry: Carry;
}

const mostLines = 400;
const mostQuotedLines = 32;

/** What of a line belongs to something that a line before has left open, and what stays open behind it. */
export function continueOpen(line: string, contentAt: number, before: Carry): Continued {
  const spans: Span[] = [];
  let carry: Carry = { ...before, argument: null };
  if (before.quoted !== null) carry = { ...carry, ...afterQuoted(line, contentAt, before.quoted, spans) };
  if (before.argument !== null) carry = { ...carry, ...afterArgument(line, contentAt, before.argument, spans) };
  if (carry.below !== null) carry = { ...carry, below: afterBelow(line, contentAt, carry.below, spans) };
  if (before.pair !== null) carry = { ...carry, ...afterPair(line, contentAt, before.pair, spans) };
  if (before.secret !== null) carry = { ...carry, ...withinSecret(line, contentAt, before.secret, carry.below) };
  return { spans, carry };
}

/** The state that a value leaves behind that is not at an end with its line. */
export function opened(how: FoundValue['open'], type: string, close: string, indent: number): Partial<Carry> {
  if (how === 'quoted') return { quoted: { close, type, left: mostQuotedLines } };
  if (how === 'argument') return { argument: type };
  if (how === 'none') return {};
  const kind = how === 'block' ? 'text' : how;
  return { below: { indent, type, how: kind, left: mostLines } };
}

type Quoted = NonNullable<Carry['quoted']>;

function afterQuoted(line: string, contentAt: number, quoted: Quoted, spans: Span[]): Partial<Carry> {
  const end = line.indexOf(quoted.close, contentAt);
  spans.push(span(line, contentAt, end < 0 ? line.length : end, quoted.type));
  return { quoted: end >= 0 || quoted.left <= 1 ? null : { ...quoted, left: quoted.left - 1 } };
}

function afterArgument(line: string, contentAt: number, type: string, spans: Span[]): Partial<Carry> {
  const start =
    contentAt + (/^[\s,]{0,256}(?:-\s{1,8})?/.exec(line.slice(contentAt, contentAt + 300))?.[0].length ?? 0);
  if (line.startsWith('--', start)) return {};
  if (line.slice(start).trim() === '') return { argument: type };
  const value = pairValue(line, start, false, false);
  if (!isHarmless(line.slice(value.start, value.end))) spans.push(span(line, value.start, value.end, type));
  return opened(value.open, type, value.close, indentOf(line, contentAt));
}

function afterBelow(line: string, contentAt: number, below: Below, spans: Span[]): Below | null {
  const content = line.slice(contentAt);
  const text = content.trim();
  if (text === '') return below.left > 0 ? { ...below, left: below.left - 1 } : null;
  const spaces = content.length - content.trimStart().length;
  const listed = /^-\s/.test(text) && below.how !== 'text';
  if (spaces < below.indent || (spaces === below.indent && !listed && below.how !== 'bracket')) return null;
  const start = contentAt + spaces;
  const end = start + text.length;
  const left = below.left - 1;
  if (below.how === 'text') spans.push(span(line, start, end, below.type));
  if (below.how === 'bracket') return inBracket(line, start, end, below, spans);
  if (below.how === 'users') spans.push(...userPassword(line, start, end, below.type));
  if (below.how === 'map') spans.push(...behindColon(line, start, end, below.type));
  if (below.how === 'next') {
    if (text.startsWith('{') || text.startsWith('[') || /^(?:-\s{1,8})?["']?[\w./-]{1,160}["']?:(?:\s|$)/.test(text))
      return null;
    const item = /^(?:-\s{1,8})?["']?/.exec(text)?.[0].length ?? 0;
    const value = text.slice(item).replace(/["',]{1,4}$/, '');
    if (!isHarmless(value)) spans.push(span(line, start + item, start + item + value.length, below.type));
    if (!listed && left > 0) return { ...below, how: 'text', left };
  }
  return left > 0 ? { ...below, left } : null;
}

function inBracket(line: string, start: number, end: number, below: Below, spans: Span[]): Below | null {
  const close = line.indexOf(']', start);
  spans.push(span(line, start, close < 0 ? end : close, below.type));
  return close >= 0 || below.left <= 1 ? null : { ...below, left: below.left - 1 };
}

/** `ubuntu:hunter2` of cloud-init's chpasswd; its own settings stay. */
function userPassword(line: string, start: number, end: number, type: string): Span[] {
  const text = line.slice(start, end);
  const colon = text.indexOf(':');
  if (colon < 0 || /^(?:-\s{1,8})?(?:expire|list|users|name|type)\s{0,8}:(?:\s|$)/.test(text)) return [];
  return [span(line, start + colon + 1, end, type)];
}

function behindColon(line: string, start: number, end: number, type: string): Span[] {
  const text = line.slice(start, end);
  const key = /^["']?[\w./-]{1,253}["']?\s{0,8}:\s{0,16}/.exec(text)?.[0].length ?? 0;
  const value = text.slice(key).replace(/^["']|["',]{1,4}$/g, '');
  const at = start + key + (/^["']/.test(text.slice(key)) ? 1 : 0);
  return isHarmless(value) ? [] : [span(line, at, at + value.length, type)];
}

type Pair = NonNullable<Carry['pair']>;

function afterPair(line: string, contentAt: number, pair: Pair, spans: Span[]): Partial<Carry> {
  const found = loneValue(line, contentAt, pair.type);
  if (found === null) return { pair: pair.left > 1 ? { ...pair, left: pair.left - 1 } : null };
  if (found.span !== null) spans.push(found.span);
  const { open, close } = found.value;
  return { pair: null, ...opened(open, pair.type, close, Math.max(0, indentOf(line, contentAt))) };
}

type Secret = NonNullable<Carry['secret']>;

function withinSecret(line: string, contentAt: number, secret: Secret, below: Below | null): Partial<Carry> {
  const content = line.slice(contentAt);
  const indent = indentOf(line, contentAt);
  if (content.trim() !== '' && (content.startsWith('---') || indent < secret.indent || secret.left <= 1))
    return { secret: null };
  const left = { secret: { ...secret, left: secret.left - 1 } };
  if (indent !== secret.indent || !isDataKey(content)) return left;
  return { ...left, below: below ?? { indent, type: 'secret-data', how: 'map', left: mostLines } };
}

export function isDataKey(content: string): boolean {
  return /^\s{0,256}(?:-\s{1,8})?["']?(?:data|stringData)["']?\s{0,8}:\s{0,8}\{?\s{0,8}$/.test(content);
}
