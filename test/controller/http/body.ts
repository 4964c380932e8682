import type { IncomingHttpHeaders } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Refusal } from '../problems.ts';

/** Reads a whole request body, gzip or plain. The limit holds after decompression, so a small bomb stays small. */
export async function readBody(stream: Readable, headers: IncomingHttpHeaders, limit: number): Promise<Buffer> {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'gzip' && encoding !== 'identity') {
    throw new Refusal('malformed', `content-encoding ${encoding}: gzip or none is understood`);
  }
  const source: Readable = encoding === 'gzip' ? pipeline(stream, createGunzip(), () => undefined) : stream;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Not destroyed on the way out: that would break the connection before the refusal is sent.
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > limit) throw tooLarge(limit);
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('malformed', 'the body could not be read to its end');
  }
  return Buffer.concat(chunks);
}

/** Throws malformed unless it is UTF-8 JSON under the right content type. */
export function parseJson(bytes: Buffer, contentType: string | undefined): unknown {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '')) {
    throw new Refusal('malformed', `content-type ${contentType ?? 'is missing'}: application/json is understood`);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal('malformed', 'the body is not JSON in UTF-8');
  }
}

export function tooLarge(limit: number): Refusal {
  return new Refusal('too_large', `the body is larger than ${limit} bytes`);
}
