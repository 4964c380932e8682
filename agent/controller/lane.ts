import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { Client, errors } from 'undici';
import type { RawAnswer } from './answer.ts';
import { handOver } from './hand-over.ts';
import { foreign, reasonOf, unreachable } from './network-error.ts';
import { MAX_BODY_BYTES } from './protocol.ts';

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the root of the server, with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is sent in chunks as it comes. */
  readonly body: string | AsyncIterable<Uint8Array> | null;
  /** From the first byte of the request to the first of its answer; null: whoever sends it watches over that. */
  readonly headersMs: number | null;
}

/** HTTP/1.1 over one connection that already stands: one exchange at a time, never a connection of its own. */
export interface Lane {
  /** Whether the connection still stands. */
  readonly open: boolean;
  /** Throws `E_CONTROLLER_UNREACHABLE` (tls, http), `E_ANSWER_FOREIGN`, or the signal's reason; the lane is over then. */
  send(exchange: Exchange, signal: AbortSignal): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** `showedCertificate`: the server was shown a client certificate, and may refuse it by hanging up. */
export function openLane(socket: TLSSocket, origin: string, showedCertificate: boolean): Lane {
  let answers = 0;
  let over = false;
  const client = new Client(origin, {
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: handOver(socket),
  });
  const close = async () => {
    over = true;
    await client.destroy();
    socket.destroy();
  };

  return {
    get open() {
      return !over && !socket.destroyed && socket.writable && !socket.readableEnded;
    },
    async send(exchange, signal) {
      try {
        return await request(exchange, signal);
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };

  async function request({ headersMs, body, ...options }: Exchange, signal: AbortSignal): Promise<RawAnswer> {
    const limit = new AbortController();
    const timer = headersMs === null ? undefined : setTimeout(() => limit.abort(noAnswer(headersMs)), headersMs);
    const both = AbortSignal.any([signal, limit.signal]);
    const answer = await client
      .request({ ...options, body: isStream(body) ? Readable.from(body) : body, signal: both })
      .catch((error: unknown) => {
        throw both.aborted ? both.reason : hungUp(error, answers === 0 && showedCertificate);
      })
      .finally(() => clearTimeout(timer));
    answers++;
    return { status: answer.statusCode, headers: single(answer.headers), body: await read(answer.body, signal) };
  }
}

function isStream(body: Exchange['body']): body is AsyncIterable<Uint8Array> {
  return body !== null && typeof body !== 'string';
}

async function read(body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw foreign('the answer was cut off', {
      seen: `${size} bytes, then ${reasonOf(error)}`,
      wanted: 'the whole answer',
      cause: error,
    });
  }
  if (size <= MAX_BODY_BYTES) return Buffer.concat(chunks);
  throw foreign('the answer is too large', { seen: `more than ${MAX_BODY_BYTES} bytes`, wanted: 'at most 1 MiB' });
}

/** The connection ended before an answer began. */
function hungUp(error: unknown, afterCertificate: boolean): Error {
  const seen = reasonOf(error);
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) {
    return foreign('the answer is not HTTP', { seen, wanted: 'HTTP/1.1', cause: error });
  }
  if (afterCertificate || /SSL|TLS|ALERT/.test(seen)) {
    return unreachable(
      'tls',
      'the server ended the connection before it answered, which is also how it refuses our certificate',
      {
        seen,
        wanted: 'an HTTP answer, also to a certificate that is refused',
        next: 'look into the log of the Controller, or of what ends TLS before it',
        cause: error,
      },
    );
  }
  return unreachable('http', 'the server ended the connection without an answer', {
    seen,
    wanted: 'an answer',
    cause: error,
  });
}

function noAnswer(ms: number): Error {
  return unreachable('http', `the connection stands, but no answer began within ${ms / 1000} s`, {
    seen: 'nothing',
    wanted: `an answer within ${ms / 1000} s`,
    data: { timedOut: true },
  });
}

function single(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')] as const);
  return Object.fromEntries(entries);
}
