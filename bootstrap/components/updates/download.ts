import { createHash, type Hash } from 'node:crypto';
import { AgentError } from '../../errors.ts';
import { freeBytes, type GrowingFile, openGrowing } from '../../host/growing-file.ts';
import type { Host } from '../../host/host.ts';

/** The way to the network, handed in: bootstrap has none of its own. */
export type FetchFrom = (
  url: string,
  /** Bytes that are here already. */
  offset: number,
  signal: AbortSignal,
) => Promise<{
  /** Where the body begins: `offset`, or 0 where the server gives the whole. */
  readonly offset: number;
  readonly body: AsyncIterable<Uint8Array>;
}>;

export interface Wanted {
  readonly url: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly size: number;
  readonly mode: number;
}

const reserveBytes = 64 * 1024 * 1024;
const mostFailures = 3;
const pauseMs = 1000;

/**
 * Brings `path` to the wanted bytes, hashed while they come, and syncs it. What an earlier call left there is gone on
 * with. A connection that breaks is taken up again while it brings anything at all. Throws E_UPDATE_FETCH,
 * E_UPDATE_MISMATCH, E_UPDATE_NO_ROOM, E_HOST_FILE, and the signal's reason; what is there stays, unless it is wrong.
 */
export async function download(
  wanted: Wanted,
  path: string,
  { host, fetch, signal }: { readonly host: Host; readonly fetch: FetchFrom; readonly signal: AbortSignal },
): Promise<void> {
  const file = await openGrowing(host.root, path);
  try {
    if ((await file.size()) > wanted.size) await file.empty();
    await requireRoom(wanted, path, await file.size(), host);
    const bytes = await open(file);
    for (let failures = 0; bytes.size < wanted.size; ) {
      const before = bytes.size;
      try {
        await takeUp(wanted, bytes, fetch, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!isPassing(error)) throw error;
        failures = bytes.size > before ? 0 : failures + 1;
        if (failures === mostFailures) throw error;
        await host.clock.sleep(pauseMs, signal);
      }
    }
    const seen = bytes.hash.digest('hex');
    if (seen !== wanted.sha256) {
      await file.empty();
      throw mismatch(wanted, `sha256 ${seen}`, `sha256 ${wanted.sha256}`);
    }
    await file.finish(wanted.mode);
  } finally {
    await file.close();
  }
}

/** What is in the file, and its hash, which goes with it. */
interface Bytes {
  readonly file: GrowingFile;
  hash: Hash;
  size: number;
}

async function open(file: GrowingFile): Promise<Bytes> {
  const bytes: Bytes = { file, hash: createHash('sha256'), size: 0 };
  for await (const chunk of file.read()) {
    bytes.hash.update(chunk);
    bytes.size += chunk.length;
  }
  return bytes;
}

async function startAgain(bytes: Bytes): Promise<void> {
  await bytes.file.empty();
  bytes.hash = createHash('sha256');
  bytes.size = 0;
}

/** One connection. */
async function takeUp(wanted: Wanted, bytes: Bytes, fetch: FetchFrom, signal: AbortSignal): Promise<void> {
  const { offset, body } = await fetch(wanted.url, bytes.size, signal);
  if (offset !== bytes.size) await startAgain(bytes);
  for await (const chunk of body) {
    signal.throwIfAborted();
    if (bytes.size + chunk.length > wanted.size) {
      await startAgain(bytes);
      throw mismatch(wanted, `more than ${wanted.size} bytes`, `${wanted.size} bytes`);
    }
    await bytes.file.append(chunk);
    bytes.hash.update(chunk);
    bytes.size += chunk.length;
  }
  if (bytes.size < wanted.size) throw cutOff(wanted, bytes.size);
}

async function requireRoom({ size, url }: Wanted, path: string, present: number, { root }: Host): Promise<void> {
  const free = await freeBytes(root, path);
  const needed = size - present + reserveBytes;
  if (free >= needed) return;
  throw new AgentError('E_UPDATE_NO_ROOM', `there is no room for ${url}`, {
    seen: `${free} bytes free`,
    wanted: `${needed} bytes, ${reserveBytes} of them in reserve`,
  });
}

function mismatch({ url }: Wanted, seen: string, wanted: string): AgentError {
  return new AgentError('E_UPDATE_MISMATCH', `${url} does not give what the configuration names`, { seen, wanted });
}

function cutOff({ url, size }: Wanted, received: number): AgentError {
  return new AgentError('E_UPDATE_FETCH', `${url} could not be fetched`, {
    seen: `${received} bytes, then the end`,
    wanted: `${size} bytes`,
    retry: { class: 'retry', retryAfterSeconds: null, authenticated: false },
  });
}

function isPassing(error: unknown): boolean {
  return error instanceof AgentError && error.retry?.class === 'retry';
}
