import { AgentError } from '../../bootstrap/errors.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import { paths } from '../config/paths.ts';
import type { ConfigDocument } from '../controller/protocol.ts';
import { verifyConfigDocument } from '../controller/signed-document.ts';
import type { State } from './state.ts';

const KEPT_GENERATIONS = 3;

export interface Configuration {
  readonly document: ConfigDocument;
  /** SHA-256 over the document without what changes at each fetch (protocol.md). */
  readonly hash: string;
}

/** One that was just fetched and verified, with the bytes that are kept of it. */
export interface FetchedConfiguration extends Configuration {
  readonly jws: string;
}

/** The configuration in force, null before the first. */
export async function readAppliedConfiguration(files: Files, state: State): Promise<Configuration | null> {
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
): Promise<Configuration | null> {
  const jws = await files.readText(generationPath(generation));
  const trust = await state.trust.read();
  const node = await state.node.read();
  if (jws === null || trust === null || node === null) return null;
  const { configKeys, clusterId } = trust;
  try {
    return await verifyConfigDocument(jws, { configKeys, clusterId, nodeId: node.nodeId, nonce: null, applied: null });
  } catch {
    return null;
  }
}

/** Keeps the document beside the last ones; the oldest beyond three goes, but never the one in force. */
export async function storeConfiguration(files: Files, state: State, generation: number, jws: string): Promise<void> {
  await files.write(generationPath(generation), jws, 0o600);
  const inForce = (await state.applied.read())?.generation;
  const generations = ((await files.list(paths.configs)) ?? [])
    .map(name => Number(/^g(\d+)\.jws$/.exec(name)?.[1]))
    .filter(found => Number.isInteger(found))
    .sort((a, b) => b - a);
  for (const old of generations.slice(KEPT_GENERATIONS)) {
    if (old !== inForce) await files.remove(generationPath(old));
  }
}

export function generationPath(generation: number): string {
  return `${paths.configs}/g${generation}.jws`;
}
