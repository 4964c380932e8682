import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import type { Collector } from '../../agent/diagnostics/bundle/collector.ts';
import { type Bundle, type BundleOptions, makeBundle } from '../../agent/diagnostics/bundle/make-bundle.ts';
import { BundleManifest } from '../../agent/diagnostics/bundle/manifest.ts';
import { createRedactor } from '../../agent/diagnostics/redaction/create-redactor.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';

/** A bundle as its reader has it. */
export interface Unpacked {
  readonly bytes: Buffer;
  readonly manifest: BundleManifest;
  /** In their order, without the folder. */
  readonly names: readonly string[];
  text(path: string): string;
  /** The entry of a collector; the first where it has several. */
  entry(collector: string): BundleManifest['entries'][number];
}

export const madeAt = new Date('2026-01-31T08:00:00Z');

/** The host of a tree whose clock stands still, so that nothing in a bundle depends on when it was made. */
export function frozenHost(root: string): Host {
  const host = localHost({ root });
  return { ...host, clock: { ...host.clock, now: () => madeAt, monotonicMs: () => 0 } };
}

const never = async (): Promise<never> => {
  throw new Error('nobody is to ask for this');
};

/** Makes a bundle of a tree with these collectors, by the real redactor, packer and report. */
export function bundleOf(
  root: string,
  collectors: readonly Collector[],
  options: Partial<BundleOptions> = {},
): Promise<Bundle> {
  const facts = { edgeName: 'edge-1', madeAt, bootedAt: null, image: null, agentVersion: '1.0.0' };
  return makeBundle({
    host: frozenHost(root),
    collectors,
    reports: {
      settings: [],
      configProblem: null,
      preflight: never,
      validate: async () => null,
      facts: never,
      status: never,
      recordings: async () => ({ run: null, preflight: null, validate: null }),
    },
    redactor: createRedactor({ salt: randomBytes(16) }),
    folder: 'bundle',
    facts,
    about: {
      edgeName: 'edge-1',
      nodeId: null,
      madeAt: madeAt.toISOString(),
      conjurer: { version: '1.0.0', commit: 'source' },
      privileged: true,
      root,
      privacy: false,
      since: null,
    },
    signer: null,
    since: null,
    budget: { bytes: 256 * 1024 * 1024, seconds: 120 },
    signal: new AbortController().signal,
    onEntry: () => undefined,
    ...options,
  });
}

export async function unpack(bundle: Bundle): Promise<Unpacked> {
  const parts: Buffer[] = [];
  for await (const part of bundle.bytes()) parts.push(part);
  return unpackBytes(Buffer.concat(parts));
}

export async function unpackBytes(bytes: Buffer): Promise<Unpacked> {
  const entries = await unpackTar(gunzipSync(bytes));
  const files = new Map(
    entries.map(({ header, data }) => [header.name.replace(/^[^/]+\//, ''), Buffer.from(data ?? Buffer.alloc(0))]),
  );
  const content = (path: string): Buffer => {
    const found = files.get(path);
    if (found === undefined) throw new Error(`there is no ${path} among ${[...files.keys()].join(', ')}`);
    return path.endsWith('.gz') ? gunzipSync(found) : found;
  };
  const manifest = BundleManifest.parse(JSON.parse(content('manifest.json').toString()));
  return {
    bytes,
    manifest,
    names: [...files.keys()],
    text: path => content(path).toString(),
    entry(collector) {
      const found = manifest.entries.find(entry => entry.collector === collector);
      if (found === undefined) throw new Error(`there is no entry of ${collector}`);
      return found;
    },
  };
}

/** Writes a file of a tree, with the directories above it. */
export async function put(tree: string, path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await writeFile(join(tree, path), content, { mode });
}
