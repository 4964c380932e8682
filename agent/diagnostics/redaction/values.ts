/** Where the value after a key stands, and what is left open at the end of the line. */
export interface FoundValue {
  readonly start: number;
  readonly end: number;
  readonly open: 'none' | 'quoted' | 'block' | 'next' | 'bracket' | 'argument';
  /** What closes an open quote. */
  readonly close: string;
  readonly quoted: boolean;
}

export interface ValueContext {
  /** The quote (with its backslashes) that was opened before the key and is still open: "KEY=a b". '' for none. */
  readonly outer: string;
  /** The key was in quotes of its own, as in JSON. */
  readonly quotedKey: boolean;
  /** The key is the first thing of its line: the value goes up to the end. */
  readonly leading: boolean;
  /** In the query of a URL. */
  readonly query: boolean;
  /** `:` and not `=` or a space. */
  readonly colon: boolean;
  /** How many words a value without quotes has: a password 1, `Bearer xyz` 2. Infinity: all. */
  readonly words: number;
}

/** The value that begins at `at`, without its quotes. Looks at each character a fixed number of times. */
export function readValue(line: string, at: number, context: ValueContext): FoundValue {
  quote.lastIndex = at;
  const opening = quote.exec(line)?.[0];
  if (opening !== undefined && opening !== context.outer) return upToQuote(line, at + opening.length, opening);
  if (context.outer !== '') return upToQuote(line, at, context.outer);
  const length = line.trimEnd().length;
  if (at >= length) return bare(length, length, context.colon ? 'next' : 'none');
  const first = line[at];
  if (context.leading && context.colon && blockHeader.test(line.slice(at, at + 64))) return bare(at, at, 'block');
  if (first === '\\' && at === length - 1) return bare(at, at, 'argument');
  if (first === '{') return bare(at, at, 'none');
  if (first === '[') return inBrackets(line, at);
  if (context.quotedKey) return bare(at, firstOf(line, at, /[,}\]\s\\"]/g), 'none');
  if (context.query) return bare(at, firstOf(line, at, /[&\s"'<>#;)\]}\\]/g), 'none');
  if (context.leading) return bare(at, length, 'none');
  return bare(at, endOfWords(line, at, context.words), 'none');
}

const quote = /\\{0,64}["'`]/y;
const blockHeader = /^[|>][-+\d]{0,3}\s*(?:#.*)?$/;

function bare(start: number, end: number, open: FoundValue['open']): FoundValue {
  return { start, end, open, close: '', quoted: false };
}

/** Up to the same quote with as many backslashes, before something that can follow a value. */
function upToQuote(line: string, start: number, opening: string): FoundValue {
  const sign = opening.at(-1) ?? '"';
  const depth = opening.length - 1;
  let slashes = 0;
  for (let at = start; at < line.length; at++) {
    const character = line[at];
    if (character === sign && closes(slashes, depth) && canEnd(line, at + 1, sign)) {
      return { start, end: at - depth, open: 'none', close: '', quoted: true };
    }
    slashes = character === '\\' ? slashes + 1 : 0;
  }
  return { start, end: line.trimEnd().length, open: 'quoted', close: opening, quoted: true };
}

function closes(slashes: number, depth: number): boolean {
  return depth === 0 ? slashes % 2 === 0 : slashes === depth;
}

/** 'it''s' and 'it'\''s' of YAML and the shell go on after the quote. */
function canEnd(line: string, next: number, sign: string): boolean {
  if (next >= line.length) return true;
  if (sign === "'" && line.startsWith("\\''", next)) return false;
  return /[\s,}\])\\:;>&|"`<.]/.test(line[next] ?? '') || (line[next] !== sign && sign === '"' && line[next] === "'");
}

function inBrackets(line: string, at: number): FoundValue {
  if (/^\[\s*\{/.test(line.slice(at, at + 64))) return bare(at, at, 'none');
  const end = line.indexOf(']', at);
  return end < 0 ? bare(at + 1, line.trimEnd().length, 'bracket') : bare(at + 1, end, 'none');
}

function firstOf(line: string, at: number, signs: RegExp): number {
  signs.lastIndex = at;
  return signs.exec(line)?.index ?? line.length;
}

/** A quote within a word ends it only where something follows that can follow a value. */
function endOfWords(line: string, start: number, words: number): number {
  let left = words;
  let at = start;
  for (; at < line.length; at++) {
    const character = line[at] ?? '';
    if (/\s/.test(character)) {
      left--;
      if (left <= 0) return at;
    } else if (/["'`]/.test(character) && canEnd(line, at + 1, character)) {
      while (at > start && line[at - 1] === '\\') at--;
      return at;
    }
  }
  return line.trimEnd().length;
}
