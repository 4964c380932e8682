import { type Span, span } from './span.ts';

/** A spelling of a known secret, in latin1. `run`: what stands in base64 beside it goes too. */
export interface KnownForm {
  readonly form: string;
  readonly secret: string;
  readonly run: boolean;
}

const leastBytes = 4;
const leastBase64 = 6;
const pieceLength = 24;

/**
 * How a secret may be written: raw, URL- and JSON-escaped in their dialects, hex, base64 in three alignments. Of several
 * lines each is one of its own. Long base64 is looked for in pieces, since it may be wrapped at any column.
 */
export function formsOf(secret: Uint8Array): KnownForm[] {
  const forms = new Map<string, boolean>();
  const whole = Buffer.from(secret);
  for (const bytes of linesOf(whole)) for (const form of escapedForms(bytes)) forms.set(form, false);
  for (const form of base64Forms(whole)) forms.set(form, true);
  const id = whole.toString('latin1');
  return [...forms].map(([form, run]) => ({ form, secret: id, run }));
}

/** Where known secrets stand in a line. */
export function knownSpans(line: string, forms: readonly KnownForm[]): Span[] {
  const spans: Span[] = [];
  for (const { form, secret, run } of forms) {
    let from = line.indexOf(form);
    while (from >= 0) {
      let start = from;
      let end = from + form.length;
      if (run) {
        while (end < line.length && isBase64(line.charCodeAt(end))) end++;
        while (start > 0 && isBase64(line.charCodeAt(start - 1))) start--;
      }
      spans.push({ ...span(line, start, end, 'secret'), value: secret });
      from = line.indexOf(form, end);
    }
  }
  return spans;
}

export function isBase64(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 47 && code <= 57) ||
    code === 43 ||
    code === 61 ||
    code === 45 ||
    code === 95
  );
}

function linesOf(secret: Buffer): Buffer[] {
  const lines = secret
    .toString('latin1')
    .split(/[\r\n\0]+/)
    .map(line => Buffer.from(line, 'latin1'));
  return lines.filter(line => line.length >= (lines.length > 1 ? 2 * leastBytes : leastBytes));
}

function escapedForms(bytes: Buffer): Set<string> {
  const text = bytes.toString('utf8').toWellFormed();
  const url = encodeURIComponent(text);
  const json = inside(text);
  const ascii = json.replace(/[^ -~]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const form = new URLSearchParams([['', text]]).toString().slice(1);
  const small = (encoded: string) => encoded.replace(/%[0-9A-F]{2}/g, part => part.toLowerCase());
  const spellings = [
    url,
    form,
    small(form),
    small(url),
    url.replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
    json,
    inside(json),
    ascii,
    json.replace(/[<>&]/g, sign => `\\u00${sign.charCodeAt(0).toString(16)}`),
    json.replaceAll('/', '\\/'),
    text.replaceAll("'", "''"),
    text.replaceAll("'", "'\\''"),
  ].map(spelling => Buffer.from(spelling).toString('latin1'));
  const hex = bytes.length < 8 ? [] : [bytes.toString('hex'), bytes.toString('hex').toUpperCase()];
  return new Set([bytes.toString('latin1'), ...spellings, ...hex]);
}

function inside(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function base64Forms(bytes: Buffer): Set<string> {
  const forms = new Set<string>();
  if (bytes.length < leastBytes) return forms;
  for (const before of [0, 1, 2]) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const fixed = fixedPart(bytes, before, encoding);
      for (const piece of piecesOf(fixed)) if (piece.length >= leastBase64) forms.add(piece);
    }
  }
  return forms;
}

/** The characters of a base64 text that do not depend on what stands before (so many bytes) and after the secret. */
function fixedPart(bytes: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
  return encoded.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
}

/**
 * Parts of a base64 text, of which at least one is whole wherever it is cut by a line break: of a long one in a line of
 * 47 characters, of a short one in the longer of two halves.
 */
function piecesOf(text: string): string[] {
  if (text.length < 2 * leastBase64) return [text];
  const length = text.length >= 2 * pieceLength ? pieceLength : text.length >= 4 * leastBase64 ? 8 : leastBase64;
  const step = length === pieceLength ? length : Math.floor(text.length / 2) - length + 1;
  const pieces: string[] = [];
  for (let at = 0; at + length <= text.length; at += step) pieces.push(text.slice(at, at + length));
  return pieces;
}
