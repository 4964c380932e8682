import { mayBeWireguard, secretKind } from './secret-keys.ts';
import { type Span, span } from './span.ts';
import { type FoundValue, readValue, type ValueContext } from './values.ts';

/** A secret whose value goes on, or begins, on the lines that follow. */
export interface OpenValue {
  readonly how: Exclude<FoundValue['open'], 'none'>;
  readonly type: string;
  readonly close: string;
}

export interface Fields {
  readonly spans: readonly Span[];
  readonly open: OpenValue | null;
}

/** The words that begin or are within each name that secretKind() knows; lower case. */
export const fieldWords: readonly string[] = (
  'passw passphrase passcode pass pwd secret token cred key auth psk cookie bearer joinstate join-state join_state ' +
  'ticket dockerc private shared'
).split(' ');

/**
 * Values of names that say that they are secret, in YAML, ini, JSON at any depth of escaping, argv, environment and
 * prose. `contentAt`: where the line's own text begins, behind a log's prefix.
 */
export function fieldSpans(line: string, contentAt: number): Fields {
  const spans: Span[] = [];
  let open: OpenValue | null = null;
  let from = 0;
  for (const { index } of line.matchAll(anyWord)) {
    if (index < from) continue;
    const found = fieldAt(line, index, contentAt, from);
    from = found.next;
    if (found.span !== null) spans.push(found.span);
    if (found.open !== null) open = found.open;
  }
  return { spans, open };
}

/** The value of a name/value pair, whose name has said that it is secret: from `at`, behind `value:`. */
export function pairValue(line: string, at: number, quotedKey: boolean, leading: boolean): FoundValue {
  return readValue(line, at, { outer: '', quotedKey, leading, query: false, colon: true, words: 1 });
}

/** What is no secret although it stands where one would: truth values, marks, references, paths. */
export function isHarmless(value: string): boolean {
  return harmless.test(value) || path.test(value) || value.trim() === '';
}

const anyWord = new RegExp(fieldWords.join('|'), 'gi');
const longestKey = 160;
const harmless =
  /^(?:true|false|yes|no|on|off|null|nil|none|~|undefined|\*{3,}|<redacted:[^<>\s]{1,64}>.{0,2}|<(?:nil|none|unset|set|unknown|hidden|empty|REDACTED)\b[^<>]{0,200}>|\$\{\w{1,64}\}|\$\(\w{1,64}\)|\{\{[^{}]{0,200}\}\})[,;]?$/i;
const path =
  /^\/(?:etc|var|run|root|home|opt|usr|tmp|srv|mnt|proc|sys|dev|boot|lib|data|snap)(?:\/[\w.@:-]{1,255}){1,32}[,;]?$/;
const prose =
  /^(?:not|no|is|was|are|has|must|may|the|an?|invalid|expired|missing|failed|failure|cannot|could|can't|unable|unknown|unexpected|unauthorized|error|errors|timeout|context|object|open|read|stat|get|rpc|x509|lookup|dial|too|wrong|required|of|in|for|from|to|and|or|with|by|on|conjurer|run|ask|write|give|secrets?|configmaps?|keys?|tokens?|passwords?|it|this|that|does|did|do|only|each|at|as|file|one)$/i;

interface Found {
  readonly next: number;
  readonly span: Span | null;
  readonly open: OpenValue | null;
}

function fieldAt(line: string, wordAt: number, contentAt: number, least: number): Found {
  const { start, end } = keyAround(line, wordAt, least);
  const key = line.slice(start, end);
  const wireguard = mayBeWireguard(key);
  const type = wireguard ? 'wireguard' : secretKind(key);
  const nothing = { next: end, span: null, open: null };
  if (type === null) return nothing;
  const outer = openedBefore(line, start, end);
  const separator = separatorAfter(line, end, key.startsWith('-'), type);
  if (separator === null) return nothing;
  if (wireguard && !isWireguard(line, separator.end)) return nothing;
  const quotedKey = outer === '' && /["']$/.test(line.slice(Math.max(start - 1, 0), start));
  const leading = outer === '' && !quotedKey && isLeading(line, start, contentAt);
  const context: ValueContext = {
    outer,
    quotedKey,
    leading: leading || type === 'cookie',
    query: /[?&]/.test(line[start - 1] ?? ''),
    colon: separator.colon,
    words: wordsOf(type, line, separator.end),
  };
  const value = readValue(line, separator.end, context);
  const text = line.slice(value.start, value.end);
  if (value.open === 'next' && !leading && !quotedKey) return nothing;
  if (value.open !== 'none') {
    const open = separator.flag && value.open === 'next' ? 'argument' : value.open;
    const opened = { how: open, type, close: value.close };
    return { next: value.end, span: text === '' ? null : span(line, value.start, value.end, type), open: opened };
  }
  if (separator.flag && text === '' && value.end >= line.trimEnd().length) {
    return { ...nothing, open: { how: 'argument', type, close: '' } };
  }
  if (isHarmless(text) || !fits(type, text)) return { ...nothing, next: Math.max(end, harmlessEnd(value)) };
  if (!value.quoted && !context.leading && separator.colon && isProse(line, value)) return nothing;
  return { next: value.end, span: span(line, value.start, value.end, type), open: null };
}

function harmlessEnd(value: FoundValue): number {
  return value.quoted ? value.start : value.end;
}

function isWireguard(line: string, at: number): boolean {
  return /^\\{0,64}["']?[A-Za-z0-9+/]{43}=/.test(line.slice(at, at + 128));
}

function fits(type: string, text: string): boolean {
  if (type === 'auth') return text.length >= 6 && !/^[a-z_-]{1,14}$/.test(text);
  if (type === 'join-state' || type === 'ticket') return text.length >= 8;
  if (text.startsWith('--') && text.length > 2 && /^--[a-z][\w-]*/.test(text)) return false;
  return true;
}

function isProse(line: string, value: FoundValue): boolean {
  const word = line.slice(value.start, value.end).replace(/[,.;:!)]{1,3}$/, '');
  return prose.test(word);
}

function wordsOf(type: string, line: string, at: number): number {
  if (type !== 'authorization') return 1;
  const scheme = /^[\s"'\\]{0,8}(\w[\w-]{0,31})/.exec(line.slice(at, at + 48))?.[1]?.toLowerCase() ?? '';
  if (scheme === 'digest' || scheme.startsWith('aws4') || scheme === 'signature') return Number.POSITIVE_INFINITY;
  return 2;
}

function keyAround(line: string, at: number, least: number): { start: number; end: number } {
  let start = at;
  let end = at;
  while (end < line.length && end - at < longestKey && isKeyCharacter(line.charCodeAt(end))) end++;
  while (start > least && at - start < longestKey && isKeyCharacter(line.charCodeAt(start - 1))) start--;
  // The n of an escaped line break belongs to no name.
  if (line[start - 1] === '\\' && start < at && /[nrt]/.test(line[start] ?? '')) start++;
  while (end > at && line[end - 1] === '.') end--;
  return { start, end };
}

function isKeyCharacter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 45 ||
    code === 46
  );
}

function openedBefore(line: string, start: number, end: number): string {
  const sign = line[start - 1] ?? '';
  if (sign !== '"' && sign !== "'" && sign !== '`') return '';
  let depth = 0;
  while (depth < 64 && line[start - 2 - depth] === '\\') depth++;
  const outer = `${'\\'.repeat(depth)}${sign}`;
  return line.startsWith(outer, end) ? '' : outer;
}

interface Separator {
  readonly end: number;
  readonly colon: boolean;
  readonly flag: boolean;
}

const assigned = /\\{0,64}["'`]?\]?\s{0,64}(?:=>|:=|[:=])\s{0,64}/y;
const afterFlag = /(?:\\{0,64}["'])?(?:\s{1,64}a\d{1,3}=|\s{0,64},)?\s{0,64}/y;
const quotedAfter = /\s{1,8}(?=\\{0,64}["'])/y;

function separatorAfter(line: string, end: number, flag: boolean, type: string): Separator | null {
  assigned.lastIndex = end;
  const sign = assigned.exec(line)?.[0];
  if (sign !== undefined)
    return { end: end + sign.length, colon: sign.includes(':') && !sign.includes('='), flag: false };
  if (flag) {
    afterFlag.lastIndex = end;
    const between = afterFlag.exec(line)?.[0] ?? '';
    if (between === '' && end < line.length) return null;
    return { end: end + between.length, colon: false, flag: true };
  }
  quotedAfter.lastIndex = end;
  const gap = type === 'psk' ? quotedAfter.exec(line)?.[0] : undefined;
  return gap === undefined ? null : { end: end + gap.length, colon: false, flag: false };
}

/** Nothing but list dashes and `export` stands before the key. */
function isLeading(line: string, start: number, contentAt: number): boolean {
  return /^\s*(?:-\s{1,8}){0,8}(?:export\s|Environment=|#\s{0,8})?\s{0,8}$/.test(line.slice(contentAt, start));
}
