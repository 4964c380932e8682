import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { AgentError } from '../bootstrap/errors.ts';
import { createNewFile } from '../bootstrap/host/new-file.ts';
import type { BundleRequest, BundleResult } from './agent.ts';
import type { Base } from './assemble.ts';
import { agentReports } from './bundle-reports.ts';
import { sendBundle } from './bundle-upload.ts';
import { bytesOf } from './config/bundle-section.ts';
import { collectors } from './diagnostics/bundle/collectors/all.ts';
import { type Encrypt, encryptTo } from './diagnostics/bundle/encrypt.ts';
import { readKnownSecrets } from './diagnostics/bundle/known-secrets.ts';
import { manifestOf } from './diagnostics/bundle/made/image-manifest.ts';
import { type Bundle, makeBundle } from './diagnostics/bundle/make-bundle.ts';
import type { Signer } from './diagnostics/bundle/manifest.ts';
import { createRedactor } from './diagnostics/redaction/create-redactor.ts';
import { Withheld } from './diagnostics/redaction/redactor.ts';
import { readNodeIdentity } from './enrolment/identity-store.ts';
import { openState } from './enrolment/state.ts';
import { version } from './version.ts';

/**
 * Collects, redacts, encrypts and writes a bundle; takes no lock and asks nobody to be well. Throws E_BUNDLE_RECIPIENT
 * before anything is collected, E_BUNDLE_FAILED where nothing may be shipped, and E_HOST_FILE where it cannot be written.
 */
export async function bundle(base: Base, request: BundleRequest, signal: AbortSignal): Promise<BundleResult> {
  const { host, config } = base;
  const encrypt = encryption(base, request);
  const state = openState(host.files);
  const identity = await readNodeIdentity(host.files, state).catch(() => null);
  if (request.upload && identity === null) {
    throw new AgentError(
      'E_BUNDLE_NOT_ENROLLED',
      'only a machine that the Controller has approved can send it a bundle',
    );
  }
  await requireNew(base, request.out);
  const madeAt = host.clock.now();
  const privacy = config.bundle.privacy;
  const redactor = createRedactor({
    salt: randomBytes(16),
    knownSecrets: await readKnownSecrets(host.files, [config.passphraseFile.path]),
    privacy,
  });
  const edgeName = config.edgeName ?? identity?.node.edgeName ?? null;
  const folder = `conjurer-bundle-${nameIn(redactor.redact(edgeName ?? 'unnamed'))}-${stamp(madeAt)}`;
  const manifest = await manifestOf(host.files);
  const bootedAt = host.root === '/' ? await bootTime(base, madeAt) : null;
  const made = await nothingShipped(() =>
    makeBundle({
      host,
      collectors,
      reports: agentReports(base),
      redactor,
      folder,
      facts: {
        edgeName: edgeName === null ? null : redactor.redact(edgeName),
        madeAt,
        bootedAt,
        image:
          manifest === null ? null : { name: manifest.image, version: manifest.version, buildId: manifest.buildId },
        agentVersion: version.version,
      },
      about: {
        edgeName: edgeName === null ? null : redactor.redact(edgeName),
        nodeId: identity?.node.nodeId ?? null,
        madeAt: madeAt.toISOString(),
        conjurer: { version: version.version, commit: version.commit },
        privileged: base.uid === 0,
        root: host.root,
        privacy,
        since: request.since?.toISOString() ?? null,
      },
      signer: identity === null ? null : signerOf(identity),
      since: request.since,
      budget: { bytes: bytesOf(config.bundle.budget.bytes), seconds: config.bundle.budget.seconds },
      signal,
      onEntry: request.onEntry,
    }),
  );
  return ship(base, request, { made, encrypt, name: `${folder}.tar.gz${encrypt === null ? '' : '.age'}` }, signal);
}

interface Shipment {
  readonly made: Bundle;
  readonly encrypt: Encrypt | null;
  readonly name: string;
}

async function ship(
  base: Base,
  request: BundleRequest,
  shipment: Shipment,
  signal: AbortSignal,
): Promise<BundleResult> {
  const { made, encrypt } = shipment;
  const bytes = async () => (encrypt === null ? made.bytes() : nothingShipped(() => encrypt(made.bytes())));
  const entries = made.manifest.entries;
  const common = { entries, encrypted: encrypt !== null, signed: made.manifest.signature !== null };
  if (request.out === '-') {
    let written = 0;
    for await (const chunk of await bytes()) {
      signal.throwIfAborted();
      written += chunk.length;
      await request.write(chunk);
    }
    return { ...common, path: null, bytes: written, uploadedAs: null, problem: null };
  }
  const path = await pathOf(base, request.out, shipment.name);
  const writing = await writeFile(path, await bytes(), signal).then(
    written => ({ written, problem: null }),
    (error: unknown) => {
      // On a disk that is full the Controller may be the only place that is left.
      if (!request.upload || !(error instanceof AgentError) || signal.aborted) throw error;
      return { written: 0, problem: error };
    },
  );
  const uploadedAs = request.upload ? await sendBundle(base, bytes, made.manifest.madeAt, signal) : null;
  const { written, problem } = writing;
  return {
    ...common,
    path: problem === null ? path : null,
    bytes: written,
    uploadedAs,
    problem: problem?.message ?? null,
  };
}

/** Who may read it; null: everyone, because it was said so. */
function encryption({ config }: Base, { recipients, plaintext, upload }: BundleRequest): Encrypt | null {
  if (plaintext && recipients.length > 0) {
    throw new AgentError('E_USAGE', '--plaintext and --recipient exclude each other; give one');
  }
  if (plaintext && upload) {
    throw new AgentError('E_USAGE', 'the Controller takes encrypted bundles only: --upload goes without --plaintext');
  }
  if (plaintext) return null;
  const to = recipients.length > 0 ? recipients : config.bundle.recipients;
  if (to.length > 0) return encryptTo(to);
  throw new AgentError('E_BUNDLE_RECIPIENT', 'nobody is named who could read the bundle', {
    seen: 'no bundle.recipients in the configuration, and no --recipient',
    wanted: 'an age recipient (age1…), or --plaintext for a file that anybody can read',
  });
}

async function nothingShipped<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AgentError) throw error;
    const seen = error instanceof Withheld ? error.reason : error instanceof Error ? error.message : 'no reason';
    throw new AgentError('E_BUNDLE_FAILED', 'the bundle could not be made, and nothing was written', {
      seen,
      cause: error,
    });
  }
}

async function writeFile(path: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
  const file = await createNewFile(path, 0o600);
  let written = 0;
  try {
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      await file.write(chunk);
      written += chunk.length;
    }
    await file.finish();
    return written;
  } catch (error) {
    await file.discard().catch(() => undefined);
    if (!(error instanceof AgentError) || error.code !== 'E_HOST_FILE') throw error;
    const { message, seen, data } = error;
    const next =
      'conjurer bundle -o - > FILE, with FILE on another disk; or from elsewhere: ssh HOST sudo conjurer bundle -o - > FILE';
    throw new AgentError('E_HOST_FILE', message, { ...(seen === undefined ? {} : { seen }), data, next, cause: error });
  }
}

/** Found out before the collecting; the file is made so that it cannot be written over all the same. */
async function requireNew({ typed }: Base, out: string | null): Promise<void> {
  if (out === null || out === '-') return;
  const path = resolve(out);
  const info = await typed.files.stat(path);
  if (info === null || info.type === 'directory') return;
  throw new AgentError('E_HOST_FILE', `cannot write ${path}: there is something already`, {
    seen: info.type,
    wanted: 'a new name, or a directory',
    next: `ls -l ${path}; give another name after -o`,
  });
}

async function pathOf({ typed }: Base, out: string | null, name: string): Promise<string> {
  if (out === null) return resolve(name);
  const path = resolve(out);
  return (await typed.files.stat(path))?.type === 'directory' ? resolve(path, name) : path;
}

async function bootTime({ host }: Base, now: Date): Promise<Date | null> {
  const uptime = Number((await host.files.readText('/proc/uptime').catch(() => null))?.split(' ')[0] ?? Number.NaN);
  return Number.isFinite(uptime) ? new Date(now.getTime() - uptime * 1000) : null;
}

function signerOf({ key, cert }: { readonly key: Buffer; readonly cert: Buffer }): Signer {
  return { key, certificate: cert };
}

/** 20260131T080000Z. */
function stamp(at: Date): string {
  return at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
}

function nameIn(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]/g, '_');
}
