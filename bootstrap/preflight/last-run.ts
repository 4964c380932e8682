import * as z from 'zod';
import { AgentError } from '../errors.ts';
import type { Files } from '../host/host.ts';
import { type CheckResult, CheckStatus } from './check.ts';

const Kept = z.object({ schema: z.literal('conjurer.preflight-last/v1'), statuses: z.record(z.string(), CheckStatus) });

/** The status of each check when it was last made. Empty where nothing was kept, or nothing that can be read. */
export async function readLastRun(files: Files, path: string): Promise<ReadonlyMap<string, CheckStatus>> {
  try {
    const text = await files.readText(path);
    return text === null ? new Map() : new Map(Object.entries(Kept.parse(JSON.parse(text)).statuses));
  } catch {
    return new Map();
  }
}

/** Keeps the statuses; those of checks that were not made, or skipped, stay. A disk that cannot be written to keeps nothing. */
export async function keepLastRun(files: Files, path: string, checks: readonly CheckResult[]): Promise<void> {
  const before = await readLastRun(files, path);
  const made = checks.filter(({ status }) => status !== 'skip');
  const now = made.map(({ id, status }) => [id, status] as const);
  if (now.every(([id, status]) => before.get(id) === status)) return;
  const statuses = Object.fromEntries([...before, ...now].sort(([a], [b]) => (a < b ? -1 : 1)));
  try {
    await files.write(path, `${JSON.stringify({ schema: 'conjurer.preflight-last/v1', statuses })}\n`, 0o600);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
  }
}
