import { isBase64 } from './known-secrets.ts';
import { type Span, span } from './span.ts';

export interface Material {
  readonly spans: readonly Span[];
  /** How many lines without key text are still waited for the end; 0: not within a key. */
  readonly left: number;
}

const patience = 8;
const afterShortLine = 2;
const fullLine = 40;

const markers = /-{4,5} ?(BEGIN|END) ([A-Za-z0-9 ]{1,64}?) ?-{4,5}/g;
const publicLabels =
  /^(?:(?:NEW |TRUSTED |X509 |ATTRIBUTE )?CERTIFICATE(?: REQUEST)?|X509 CRL|(?:RSA |EC |DSA |SSH2 |PGP )?PUBLIC KEY(?: BLOCK)?|(?:EC|DH|DSA) PARAMETERS|PKCS7|CMS|PGP (?:SIGNATURE|SIGNED MESSAGE)|SSH SIGNATURE|AGE ENCRYPTED FILE)$/;

/**
 * Private keys in PEM and PuTTY form, over any number of lines. A label that is not known to be public counts as
 * private; a key that never ends takes with it what looks like its text.
 */
export function materialSpans(line: string, contentAt: number, leftBefore: number): Material {
  const spans: Span[] = [];
  let left = leftBefore;
  let from = left > 0 ? contentAt : -1;
  let began = false;
  let passed = 0;
  for (const { index, 0: marker, 1: which, 2: label = '' } of line.matchAll(markers)) {
    const floor = passed;
    passed = index + marker.length;
    if (publicLabels.test(label)) continue;
    if (which === 'BEGIN') {
      if (from < 0) from = index + marker.length;
      left = patience;
      began = true;
    } else {
      if (from < 0) from = textBefore(line, floor, index);
      spans.push(span(line, from, index, 'private-key'));
      from = -1;
      left = 0;
      began = false;
    }
  }
  if (/Private-Lines: \d/.test(line)) return { spans, left: patience };
  if (from < 0) return { spans, left };
  if (!began) return continued(line, contentAt, left, spans);
  const [first] = runs(line, from, 1);
  const beside = first !== undefined && first.start - from <= 1 ? [first] : [];
  return { spans: [...spans, ...beside, ...runs(line, from, 16)], left };
}

/** A line that is nothing but base64, as the text of a key is. */
export function isKeyText(text: string): boolean {
  const inner = text.trim();
  if (inner === '' || inner.length > 512) return false;
  for (let at = 0; at < inner.length; at++) if (!isBase64(inner.charCodeAt(at))) return false;
  return true;
}

function continued(line: string, contentAt: number, left: number, spans: Span[]): Material {
  const escaped = line.indexOf('\\n', contentAt);
  const content = line.slice(contentAt, escaped < 0 ? line.length : escaped);
  const long = content.length > 512;
  if (!long && isKeyText(content)) {
    spans.push(span(line, contentAt, contentAt + content.length, 'private-key'));
    return { spans, left: content.trim().length >= fullLine ? patience : Math.min(left - 1, afterShortLine) };
  }
  const found = runs(line, contentAt, 16);
  const header = /^\s*(?:Proc-Type|DEK-Info|Comment|Version|Hash|Public-Lines|Private-MAC):/.test(content.slice(0, 64));
  return { spans: [...spans, ...found], left: found.length > 0 || header || content.trim() === '' ? left : left - 1 };
}

/** Runs of base64 of at least so many characters, the escaped line breaks between them included. */
function runs(line: string, from: number, least: number): Span[] {
  const spans: Span[] = [];
  let start = -1;
  for (let at = from; at <= line.length; at++) {
    const within = at < line.length && (isBase64(line.charCodeAt(at)) || line[at] === '\\');
    if (within && start < 0) start = at;
    if (!within && start >= 0) {
      if (at - start >= least) spans.push(span(line, start, at, 'private-key'));
      start = -1;
    }
  }
  return spans;
}

/** Where the key text begins that ends at an END whose BEGIN was not seen. */
function textBefore(line: string, floor: number, end: number): number {
  let start = end;
  while (start > floor && (isBase64(line.charCodeAt(start - 1)) || /[\\\s]/.test(line[start - 1] ?? ''))) start--;
  return start;
}
