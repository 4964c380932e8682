import { type Span, span } from './span.ts';

/** The user info of URLs, also with escaped slashes, URL-encoded, and in the database addresses of Go. */
export function urlSpans(line: string): Span[] {
  const spans: Span[] = [];
  for (const { index, 0: sign } of line.matchAll(/:(?:\\{0,8}\/){2}|%3A%2F%2F|@(?:tcp|unix|udp)\(/gi)) {
    if (sign.startsWith('@')) spans.push(databaseUser(line, index));
    else if (sign.startsWith('%')) spans.push(...encodedUser(line, index + sign.length));
    else spans.push(...userInfo(line, index + sign.length));
  }
  let from = 0;
  for (const { index } of line.matchAll(
    /[?&;](?:sig|signature|code|key|x-amz-(?:signature|credential|security-token))=/gi,
  )) {
    const start = line.indexOf('=', index) + 1;
    if (start <= from) continue;
    from = endOf(line, start, /[&\s"'<>#;)\]}\\]/g);
    spans.push(span(line, start, from, 'query'));
  }
  return spans;
}

const longest = 1024;

/**
 * Up to the last @ of the authority. Where it has a colon without a port behind it, it is a password with a slash in it
 * that should have been escaped: up to the last @ of the word then.
 */
function userInfo(line: string, start: number): Span[] {
  const near = line.slice(start, start + longest);
  const word = near.slice(0, endOf(near, 0, /[\s"'`<>|]/g));
  const authority = word.slice(0, endOf(word, 0, /[/?#\\]/g));
  const at = authority.lastIndexOf('@');
  if (at >= 0) return [span(line, start, start + at, 'userinfo')];
  const colon = authority.indexOf(':');
  const last = word.indexOf('://') < 0 ? word.lastIndexOf('@') : -1;
  if (colon < 0 || last < 0 || /^\d{0,5}$/.test(authority.slice(colon + 1)) || authority.startsWith('[')) return [];
  return [span(line, start, start + last, 'userinfo')];
}

function encodedUser(line: string, start: number): Span[] {
  const word = line.slice(start, start + longest).toUpperCase();
  const authority = word.slice(0, endOf(word, 0, /%2F|[\s"'`<>&]/g));
  const at = authority.lastIndexOf('%40');
  return at < 0 ? [] : [span(line, start, start + at, 'userinfo')];
}

/** user:password@tcp(host) */
function databaseUser(line: string, at: number): Span {
  let start = at;
  while (start > 0 && at - start < longest && !/[\s"'`=]/.test(line[start - 1] ?? '')) start--;
  return span(line, start, at, 'userinfo');
}

function endOf(text: string, from: number, signs: RegExp): number {
  signs.lastIndex = from;
  return signs.exec(text)?.index ?? text.length;
}
