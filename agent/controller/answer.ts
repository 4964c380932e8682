import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type * as z from 'zod';
import { foreign, reasonOf } from './network-error.ts';
import { MAX_BODY_BYTES } from './protocol.ts';

/** An HTTP answer with its whole body, as it came over the wire. Header names are lower-case. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An answer whose body was unpacked and measured. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Without parameters, lower-case; '' where there is none. */
  readonly mediaType: string;
  readonly text: string;
}

const unzip = promisify(gunzip);

/**
 * Unpacks the body. A gzip bomb is stopped at the limit of the protocol, never unpacked to its end.
 * Throws `E_ANSWER_FOREIGN`.
 */
export async function unpack({ status, headers, body }: RawAnswer): Promise<Answer> {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  const mediaType = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (encoding === 'identity' || encoding === '' || body.length === 0) {
    return { status, headers, mediaType, text: body.toString('utf8') };
  }
  if (encoding !== 'gzip') {
    throw foreign('the answer is packed in a way that was not asked for', {
      seen: `content-encoding ${printable(encoding)}`,
      wanted: 'gzip or none',
      data: { status },
    });
  }
  const text = await unzip(body, { maxOutputLength: MAX_BODY_BYTES }).catch((error: unknown) => {
    const tooLarge = reasonOf(error) === 'ERR_BUFFER_TOO_LARGE';
    throw foreign(tooLarge ? 'the answer is too large once unpacked' : 'the packed answer is damaged', {
      seen: tooLarge ? `more than ${MAX_BODY_BYTES} bytes` : reasonOf(error),
      wanted: `gzip of at most ${MAX_BODY_BYTES} bytes`,
      data: { status },
    });
  });
  return { status, headers, mediaType, text: text.toString('utf8') };
}

/** The body of a success as the schema wants it. Throws `E_ANSWER_FOREIGN` that names key, seen and wanted. */
export function parseJson<T>(answer: Answer, schema: z.ZodType<T>): T {
  requireMediaType(answer, 'application/json');
  const value = jsonOf(answer.text);
  if (value === undefined) {
    const seen = `${answer.text.length} characters that are not JSON`;
    throw foreign('the answer does not have the form of the protocol', {
      seen,
      wanted: 'JSON',
      data: { status: answer.status },
    });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  throw foreign('the answer does not have the form of the protocol', {
    seen: `${path.length === 0 ? 'the body' : path.join('.')} is ${describe(at(value, path))}`,
    wanted: issue?.message ?? 'another value',
    data: { status: answer.status, key: path.join('.') },
  });
}

/** Throws `E_ANSWER_FOREIGN` where the answer is not of that type: HTML from a proxy or a captive portal, as a rule. */
export function requireMediaType(answer: Answer, wanted: 'application/json' | 'application/jose'): void {
  if (answer.mediaType === wanted) return;
  throw foreign('something other than the Controller answered', {
    seen: describeAnswer(answer),
    wanted,
    data: { status: answer.status, mediaType: printable(answer.mediaType) },
  });
}

/** Status, type and, of a web page, its title: what a person recognises a portal by. */
export function describeAnswer({ status, mediaType, text }: Answer): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text.slice(0, 16_384))?.[1]?.replace(/\s+/g, ' ').trim();
  const type = mediaType === '' ? 'no content type' : printable(mediaType);
  return `HTTP ${status}, ${type}${title ? `, a page titled "${printable(title)}"` : ''}`;
}

/** Whole seconds of a Retry-After header; null for anything else, a date too. */
export function retryAfterOf(header: unknown): number | null {
  return typeof header === 'string' && /^\d{1,9}$/.test(header.trim()) ? Number(header) : null;
}

/** Undefined where the text is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without control characters, at most 100 long: foreign text ends up on terminals. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 100);
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** The kind of a value, never its content: an answer may hold what must not be logged. */
function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'string' ? `a text of ${value.length} characters` : `a ${typeof value}`;
}
