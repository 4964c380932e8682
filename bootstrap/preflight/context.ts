import { openManifest } from '../components/open-manifest.ts';
import { AgentError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import { viewOf } from '../facts/gather.ts';
import type { Host } from '../host/host.ts';
import type { CheckContext } from './check.ts';
import type { Outside } from './outside.ts';
import type { CheckSettings } from './settings.ts';
import { type ConfiguredThresholds, thresholdsOf } from './thresholds.ts';

export interface ContextParts {
  readonly host: Host;
  readonly uid: number;
  readonly settings: CheckSettings;
  readonly outside: Outside;
  readonly requirements: ConfiguredThresholds;
  /** PEM. */
  readonly builtInKeys: readonly string[];
  readonly facts: () => Promise<Facts>;
}

/** What one run of the checks shares. Nothing is read before a check asks for it, and then once. */
export async function createContext(parts: ContextParts, signal: AbortSignal): Promise<Omit<CheckContext, 'signal'>> {
  const { host, uid, settings, outside, requirements, builtInKeys } = parts;
  const view = await viewOf(host, signal);
  const manifest = shared(async () => {
    try {
      return (await openManifest({ files: host.files, builtInKeys, uid }, null))?.manifest ?? null;
    } catch (error) {
      if (error instanceof AgentError) return null;
      throw error;
    }
  });
  return {
    host,
    disk: host.files,
    running: view.running === host.files ? host.files : null,
    uid,
    settings,
    outside,
    builtInKeys,
    facts: shared(parts.facts),
    manifest,
    thresholds: shared(async () => thresholdsOf((await manifest())?.requirements ?? null, requirements)),
  };
}

function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | null = null;
  return () => {
    reading ??= read();
    return reading;
  };
}
