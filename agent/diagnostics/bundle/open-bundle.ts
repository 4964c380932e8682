import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decrypter } from 'age-encryption';
import { createTarDecoder } from 'modern-tar';
import { AgentError } from '../../../bootstrap/errors.ts';
import { openForReading } from '../../../bootstrap/host/opened-file.ts';
import { BundleManifest, manifestName } from './manifest.ts';

/** What a bundle holds, as it was found and not as its manifest says. */
export interface OpenedBundle {
  readonly encrypted: boolean;
  /** The one top folder. */
  readonly folder: string;
  readonly manifest: BundleManifest;
  /** In the order of the archive, without the folder; the manifest is among them. */
  readonly files: readonly FoundFile[];
  /** The file that was asked for; null: it is not there, or none was. */
  readonly wanted: Buffer | null;
}

export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const chunkBytes = 256 * 1024;
const mostManifestBytes = 16 * 1024 * 1024;
const ageHeader = 'age-encryption.org/v1\n';

/**
 * Reads a bundle from its first byte to its last. `identity`: the text of an age identity file; null: none.
 * Throws E_BUNDLE_ENCRYPTED where that is missing or does not fit, and E_BUNDLE_INVALID for what is no bundle.
 */
export async function openBundle(
  path: string,
  { identity, wanted }: { readonly identity: string | null; readonly wanted: string | null },
): Promise<OpenedBundle> {
  const { bytes, encrypted } = await plain(path, identity);
  const files: FoundFile[] = [];
  let folder = '';
  let manifest: Buffer | null = null;
  let found: Buffer | null = null;
  try {
    const entries = Readable.toWeb(Readable.from(bytes).pipe(createGunzip())) as ReadableStream<Uint8Array>;
    for await (const { header, body } of entries.pipeThrough(createTarDecoder({ strict: true }))) {
      const slash = header.name.indexOf('/');
      folder = header.name.slice(0, Math.max(0, slash));
      const name = header.name.slice(slash + 1);
      const isKept = name === manifestName || name === wanted;
      const { content, ...file } = await readEntry(body, isKept);
      if (header.type !== 'file') throw invalid(path, `${header.name} is no file`);
      files.push({ path: name, ...file });
      if (name === manifestName) manifest = content;
      if (name === wanted) found = content;
    }
  } catch (error) {
    throw error instanceof AgentError ? error : invalid(path, reasonOf(error));
  }
  if (manifest === null) throw invalid(path, `it holds no ${manifestName}`);
  return { encrypted, folder, manifest: parse(path, manifest), files, wanted: found };
}

async function plain(path: string, identity: string | null) {
  const file = await openForReading('/', path);
  if (file === null) throw new AgentError('E_USAGE', `there is no file ${path}`, { next: `ls -l ${path}` });
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const buffer = Buffer.allocUnsafe(chunkBytes);
        const count = (await file?.read(buffer)) ?? 0;
        if (count === 0) return;
        yield buffer.subarray(0, count);
      }
    } finally {
      await file?.close();
    }
  }
  const bytes = read();
  const first = await bytes.next();
  const head = first.done === true ? new Uint8Array() : first.value;
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* bytes;
  }
  if (!Buffer.from(head.subarray(0, ageHeader.length)).equals(Buffer.from(ageHeader))) {
    return { bytes: whole(), encrypted: false };
  }
  return { bytes: await decrypted(path, whole(), identity), encrypted: true };
}

async function decrypted(path: string, bytes: AsyncIterable<Uint8Array>, identity: string | null) {
  const keys = (identity ?? '').split('\n').filter(line => line.startsWith('AGE-SECRET-KEY-'));
  if (keys.length === 0) {
    throw new AgentError('E_BUNDLE_ENCRYPTED', `${path} is encrypted`, {
      ...(identity === null ? {} : { seen: 'the file after --identity holds no AGE-SECRET-KEY-…' }),
      next: `conjurer bundle inspect ${path} --identity KEYFILE`,
    });
  }
  try {
    const decrypter = new Decrypter();
    for (const key of keys) decrypter.addIdentity(key.trim());
    return await decrypter.decrypt(ReadableStream.from(bytes));
  } catch (error) {
    throw new AgentError('E_BUNDLE_ENCRYPTED', `${path} does not open with this identity`, {
      seen: error instanceof Error ? error.message : 'it cannot be decrypted',
      cause: error,
    });
  }
}

async function readEntry(body: ReadableStream<Uint8Array>, isKept: boolean) {
  const hash = createHash('sha256');
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    bytes += chunk.length;
    if (isKept && bytes <= mostManifestBytes) kept.push(chunk);
  }
  return { bytes, sha256: hash.digest('hex'), content: isKept ? Buffer.concat(kept) : null };
}

function parse(path: string, bytes: Buffer): BundleManifest {
  try {
    return BundleManifest.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    throw invalid(path, `${manifestName} does not hold what conjurer writes there`);
  }
}

function invalid(path: string, seen: string): AgentError {
  return new AgentError('E_BUNDLE_INVALID', `${path} is no bundle that conjurer made`, { seen });
}

function reasonOf(error: unknown): string {
  // The streams of the platform throw an error without words, with the cause inside.
  const said = [error, error instanceof Error ? error.cause : null].map(one =>
    one instanceof Error ? one.message : '',
  );
  return said.find(text => text !== '') ?? 'it cannot be read to its end';
}
