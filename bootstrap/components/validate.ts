import { AgentError } from '../errors.ts';
import type { HashThread } from '../host/hash-thread.ts';
import type { Host } from '../host/host.ts';
import { checkers } from './checkers.ts';
import { checkClosed } from './closed.ts';
import type { CheckContext, Checker, Depth, Finding, HashedFile, Progress } from './finding.ts';
import { isFailure } from './finding.ts';
import { openHasher } from './hash/hasher.ts';
import { checkKubernetesVersions } from './kubernetes-versions.ts';
import type { Component, Manifest } from './manifest.ts';
import { type OpenedManifest, openManifest } from './open-manifest.ts';
import type { ValidationReport } from './report.ts';
import { readOverlay, withOverlay } from './updates/overlay.ts';
import { isSameFile, readVerified, type Stamps, stampOf, type Verified, verifiedPath } from './verified.ts';

export interface ValidateOptions {
  readonly host: Host;
  /** `as-needed`: full until this manifest has once been found right, and quick from then on. */
  readonly depth: Depth | 'as-needed';
  /** Public keys that may sign a manifest beside those of the trust directory, PEM. */
  readonly builtInKeys: readonly string[];
  /** Who runs this. */
  readonly uid: number;
  /** The machine may be serving others: hash at the lowest priority. */
  readonly background: boolean;
  /** Threads that were started ahead of the work; the caller ends them too, since all may fail before it begins. */
  readonly ready?: readonly HashThread[];
  /** false: not even the note of what was read is written. Default true. */
  readonly remembers?: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface Validation {
  readonly report: ValidationReport;
  readonly manifest: Manifest;
}

/**
 * Compares the machine with its manifest. Changes nothing but conjurer's own note of what it has read. null: the machine
 * has no manifest. Throws what openManifest throws, and the signal's reason.
 */
export async function validateComponents(options: ValidateOptions): Promise<Validation | null> {
  const { host, signal } = options;
  const verified = await readVerified(host.files);
  const signed = await openManifest({ ...options, files: host.files }, verified);
  if (signed === null) return null;
  const opened = { ...signed, manifest: withOverlay(signed.manifest, await readOverlay(host.files)) };
  const startedAt = host.clock.now();
  const startMs = host.clock.monotonicMs();
  const asNeeded = verified?.manifestSha256 === opened.sha256 && verified.passedFully ? 'quick' : 'full';
  const depth = options.depth === 'as-needed' ? asNeeded : options.depth;
  const { findings, stamps, readBytes } = await examine(opened, depth, verified, options);
  signal.throwIfAborted();
  const verdict = findings.some(isFailure) ? 'failed' : 'ok';
  if (options.remembers !== false) await remember(opened, verified, { stamps, depth, verdict }, host);
  const { image, version, buildId, builtAt } = opened.manifest;
  const report: ValidationReport = {
    schema: 'conjurer.validate/v1',
    at: startedAt.toISOString().replace(/\.\d+Z$/, 'Z'),
    depth,
    verdict,
    manifest: { image, version, buildId, builtAt, keyId: opened.key.id, sha256: opened.sha256 },
    findings,
    repaired: [],
    readBytes,
    durationMs: Math.round(host.clock.monotonicMs() - startMs),
  };
  return { report, manifest: opened.manifest };
}

/** All components at once; the hasher sees to it that files are read in turn. */
async function examine(
  opened: OpenedManifest,
  depth: Depth,
  verified: Verified | null,
  { host, background, ready = [], progress, signal }: ValidateOptions,
): Promise<{ findings: Finding[]; stamps: Stamps; readBytes: number }> {
  const stamps: Stamps = {};
  let readBytes = 0;
  const counted: Progress = {
    expect: bytes => progress.expect(bytes),
    read(bytes) {
      readBytes += bytes;
      progress.read(bytes);
    },
  };
  const hasher = openHasher({ host, background, ready, progress: counted, signal });
  const { manifest } = opened;
  const context: CheckContext = {
    host,
    depth,
    manifest,
    async hash(path, by): Promise<HashedFile | null> {
      const readAtMs = host.clock.now().getTime();
      const hashed = await hasher.hash(path, by);
      const stamp = hashed === null ? null : stampOf(hashed, readAtMs);
      if (stamp !== null) stamps[path] = stamp;
      return hashed;
    },
    known(path, info) {
      const stamp = verified?.files[path];
      if (stamp === undefined || !isSameFile(stamp, info)) return null;
      stamps[path] = stamp;
      return stamp.sha256;
    },
    progress: counted,
    signal,
  };
  try {
    const found = await Promise.all([
      ...manifest.components.map(component => checkOne(component, context)),
      ...manifest.closed.map(closed => checkClosed(closed, context)),
      checkKubernetesVersions(context),
    ]);
    return { findings: [...aboutManifest(opened), ...found.flat()], stamps, readBytes };
  } finally {
    await hasher.close();
  }
}

async function checkOne(component: Component, context: CheckContext): Promise<Finding[]> {
  const checker = (await checkers[component.kind]()) as Checker<Component>;
  return checker(component, context);
}

function aboutManifest({ manifest, machineBuildId }: OpenedManifest): Finding[] {
  if (machineBuildId !== null) return [];
  return [
    {
      component: 'manifest',
      kind: 'manifest',
      group: null,
      status: 'note',
      problem: 'build-id-unbound',
      observed:
        '/etc/os-release has no BUILD_ID, so an older manifest is only noticed on a machine that saw a newer one',
      expected: `BUILD_ID=${manifest.buildId}`,
      fix: 'the image builder sets BUILD_ID in /etc/os-release',
      repairable: false,
    },
  ];
}

/** A disk that cannot be written, or a user who may not, costs only the speed of the next validation. */
async function remember(
  { manifest, sha256 }: OpenedManifest,
  before: Verified | null,
  { stamps, depth, verdict }: { stamps: Stamps; depth: Depth; verdict: ValidationReport['verdict'] },
  { files }: Host,
): Promise<void> {
  const samePassed = before?.manifestSha256 === sha256 && before.passedFully;
  const verified: Verified = {
    schema: 'conjurer.verified/v1',
    manifestSha256: sha256,
    buildId: manifest.buildId,
    builtAt: manifest.builtAt,
    passedFully: depth === 'quick' ? samePassed : verdict === 'ok',
    files: stamps,
  };
  const text = `${JSON.stringify(verified)}\n`;
  try {
    if ((await files.readText(verifiedPath)) !== text) await files.write(verifiedPath, text, 0o600);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
  }
}
