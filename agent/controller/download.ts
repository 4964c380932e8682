import { Client } from 'undici';
import { AgentError } from '../../bootstrap/errors.ts';
import { type Dialing, dial } from './dial.ts';
import { handOver } from './hand-over.ts';
import { createResolve } from './name.ts';
import { reasonOf } from './network-error.ts';
import type { ClientIdentity } from './tls.ts';

/** Without a byte for so long, a download is taken up again. */
const STALLED_MS = 60_000;

export interface DownloadOptions extends Omit<Dialing, 'resolve'> {
  /** The pinned CAs, PEM: the only trust, for downloads too. */
  readonly cas: readonly string[];
  /** Shown to the Controller itself and to nobody else. */
  readonly identity: { readonly origins: readonly string[]; readonly client: ClientIdentity } | null;
}

/**
 * A large body over verified TLS, from `offset` on where the server can do that. Redirects are not followed.
 * Throws `E_UPDATE_FETCH`: class retry, and class terminal for an answer that will not be another one the next time.
 */
export async function openDownload(
  address: string,
  offset: number,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<{ readonly offset: number; readonly body: AsyncIterable<Uint8Array> }> {
  const url = new URL(address);
  const { cas, identity } = options;
  const shown = identity?.origins.includes(url.origin) === true ? identity.client : null;
  const socket = await dial(url, cas, shown, { ...options, resolve: createResolve() }, signal).catch(
    (error: unknown) => {
      throw signal.aborted ? error : failed(url, reasonOf(error), 'retry', error);
    },
  );
  const client = new Client(url.origin, {
    connect: handOver(socket),
    headersTimeout: STALLED_MS,
    bodyTimeout: STALLED_MS,
  });
  const end = async () => {
    await client.destroy();
    socket.destroy();
  };
  try {
    const headers = { 'accept-encoding': 'identity', ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) };
    const path = `${url.pathname}${url.search}`;
    const answer = await client.request({ method: 'GET', path, headers, signal }).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : failed(url, reasonOf(error), 'retry', error);
    });
    const start = startOf(answer.statusCode, answer.headers['content-range'], offset, url);
    return { offset: start, body: bodyOf(answer.body, url, signal, end) };
  } catch (error) {
    await end();
    throw error;
  }
}

function startOf(status: number, range: string | string[] | undefined, offset: number, url: URL): number {
  if (status === 200) return 0;
  const start = /^bytes (\d+)-/.exec([range].flat()[0] ?? '')?.[1];
  if (status === 206 && Number(start) === offset) return offset;
  const passing = status >= 500 || status === 408 || status === 429;
  throw failed(url, `HTTP ${status}`, passing ? 'retry' : 'terminal', undefined);
}

async function* bodyOf(
  body: AsyncIterable<Buffer>,
  url: URL,
  signal: AbortSignal,
  end: () => Promise<void>,
): AsyncIterable<Uint8Array> {
  try {
    for await (const bytes of body) yield bytes;
  } catch (error) {
    throw signal.aborted ? signal.reason : failed(url, reasonOf(error), 'retry', error);
  } finally {
    await end();
  }
}

function failed(url: URL, seen: string, retryClass: 'retry' | 'terminal', cause: unknown): AgentError {
  return new AgentError('E_UPDATE_FETCH', `${url.origin}${url.pathname} could not be fetched`, {
    seen,
    wanted: 'the file, over TLS that the pinned CAs vouch for',
    retry: { class: retryClass, retryAfterSeconds: null, authenticated: false },
    cause,
  });
}
