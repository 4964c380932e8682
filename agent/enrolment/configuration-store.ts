import * as z from 'zod';
import { findCluster } from '../../bootstrap/cluster/find.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import { configName, paths } from '../config/paths.ts';
import { ConfigDocument, Sha256Hex } from '../controller/protocol.ts';
import { verifyConfigDocument } from '../controller/signed-document.ts';
import { type State, type StoredNode, stateText, type Trust } from './state.ts';

const KEPT_GENERATIONS = 3;

export interface Configuration {
  readonly document: ConfigDocument;
  /** SHA-256 over the document without what changes at each fetch (protocol.md). */
  readonly hash: string;
}

export interface StoredConfiguration extends Configuration {
  /** The token by which this machine joined its cluster has been taken out, and `cluster.join` with it. */
  readonly withoutJoin: boolean;
}

/** One that was just fetched and verified, with the bytes that are kept of it. */
export interface FetchedConfiguration extends Configuration {
  readonly jws: string;
}

/** What is kept of a configuration whose join was used. The signature went with the token, `hash` is that of the whole. */
const WithoutJoin = z.object({ hash: Sha256Hex, document: ConfigDocument });

/** The configuration in force, null before the first. */
export async function readAppliedConfiguration(files: Files, state: State): Promise<StoredConfiguration | null> {
  const applied = await state.applied.read();
  if (applied === null) return null;
  const stored = await readStoredConfiguration(files, state, applied.generation);
  if (stored?.hash === applied.hash) return stored;
  throw new AgentError('E_STATE_INVALID', 'the configuration that is in force is not on this disk as it was accepted', {
    seen: stored === null ? 'no such file, or its signature does not verify' : `content ${stored.hash}`,
    wanted: `content ${applied.hash} in ${generationPath(applied.generation)}`,
    next: 'conjurer recover --from configure',
  });
}

/** A configuration that was accepted before, verified again but for its nonce; null: it is not there, or not ours. */
export async function readStoredConfiguration(
  files: Files,
  state: State,
  generation: number,
): Promise<StoredConfiguration | null> {
  const trust = await state.trust.read();
  const node = await state.node.read();
  if (trust === null || node === null) return null;
  return (await readSigned(files, generation, trust, node)) ?? (await readWithoutJoin(files, generation, trust, node));
}

async function readSigned(
  files: Files,
  generation: number,
  { configKeys, clusterId }: Trust,
  { nodeId }: StoredNode,
): Promise<StoredConfiguration | null> {
  const jws = await files.readText(generationPath(generation));
  if (jws === null) return null;
  try {
    const { document, hash } = await verifyConfigDocument(jws, {
      configKeys,
      clusterId,
      nodeId,
      nonce: null,
      applied: null,
    });
    return { document, hash, withoutJoin: false };
  } catch {
    return null;
  }
}

async function readWithoutJoin(
  files: Files,
  generation: number,
  { clusterId }: Trust,
  { nodeId }: StoredNode,
): Promise<StoredConfiguration | null> {
  const text = await files.readText(withoutJoinPath(generation));
  if (text === null) return null;
  try {
    const { document, hash } = WithoutJoin.parse(JSON.parse(text));
    const isOurs = document.aud === nodeId && document.clusterId === clusterId && document.generation === generation;
    return isOurs ? { document, hash, withoutJoin: true } : null;
  } catch {
    return null;
  }
}

/**
 * Whether it can still bring about all that it asks for: one without its join cannot where this machine is in no cluster
 * any more, or not wholly. It is to be fetched anew then.
 */
export async function isComplete(files: Files, { withoutJoin }: StoredConfiguration): Promise<boolean> {
  return !withoutJoin || !['none', 'half-made'].includes((await findCluster(files)).state);
}

/** Keeps the document beside the last ones; the oldest beyond three goes, but never the one in force. */
export async function storeConfiguration(files: Files, state: State, generation: number, jws: string): Promise<void> {
  await files.write(generationPath(generation), jws, 0o600);
  const inForce = (await state.applied.read())?.generation;
  for (const old of (await storedGenerations(files)).slice(KEPT_GENERATIONS)) {
    if (old === inForce) continue;
    await files.remove(generationPath(old));
    await files.remove(withoutJoinPath(old));
  }
}

/** All that are kept, the newest first. */
export async function storedGenerations(files: Files): Promise<number[]> {
  const named = ((await files.list(paths.configs)) ?? []).map(name => Number(configName.exec(name)?.[1]));
  return [...new Set(named.filter(found => Number.isInteger(found)))].sort((a, b) => b - a);
}

/** Takes the join out of a configuration that is kept as it was signed. */
export async function removeJoin(files: Files, state: State, generation: number): Promise<void> {
  const stored = await readStoredConfiguration(files, state, generation);
  if (stored === null || stored.withoutJoin) return;
  const { hash, document } = stored;
  const { cluster, ...rest } = document;
  if (cluster === undefined) return;
  const { join: _join, ...others } = cluster;
  const kept: z.infer<typeof WithoutJoin> = { hash, document: { ...rest, cluster: others } };
  await files.write(withoutJoinPath(generation), stateText(kept), 0o600);
  await files.remove(generationPath(generation));
}

export function generationPath(generation: number): string {
  return `${paths.configs}/g${generation}.jws`;
}

function withoutJoinPath(generation: number): string {
  return `${paths.configs}/g${generation}.json`;
}
