import * as z from 'zod';
import type { Files } from '../../bootstrap/host/host.ts';

export const statusPath = '/run/conjurer/status.json';

const time = z.iso.datetime();

/**
 * Where the machine stands: /run/conjurer/status.json and `conjurer status --json`. Times are RFC 3339 UTC; null is
 * what is not known or not the case. It holds no secret: anyone on the machine may read it.
 */
export const statusSchema = z.object({
  schema: z.literal('conjurer.status/v1'),
  /** `interrupted`: it was stopped or killed in the middle, and `conjurer run` goes on. */
  state: z.enum(['running', 'waiting', 'failed', 'interrupted', 'handed-off', 'never-run']),
  edgeName: z.string().nullable(),
  nodeId: z.string().nullable(),
  registrationId: z.string().nullable(),
  claimCode: z.string().nullable(),
  keyFingerprint: z.string().nullable(),
  stages: z.array(
    z.object({
      name: z.string(),
      /** `interrupted`: as above. */
      state: z.enum(['pending', 'running', 'done', 'failed', 'interrupted']),
      since: time.nullable(),
      /** What it does at this moment, in words. */
      detail: z.string().nullable(),
    }),
  ),
  waiting: z
    .object({
      /** Who must act. */
      who: z.enum(['controller-admin', 'technician', 'time']),
      /** What is waited for. */
      what: z.string(),
      since: time,
      next: z.string().nullable(),
    })
    .nullable(),
  lastError: z
    .object({
      code: z.string(),
      message: z.string(),
      seen: z.string().nullable(),
      wanted: z.string().nullable(),
      check: z.string().nullable(),
      next: z.string(),
      at: time,
    })
    .nullable(),
  /** Of the last run that ended. */
  exitStatus: z.int().nullable(),
  /** Of the last run, ended or not. */
  pid: z.int().nullable(),
  startedAt: time.nullable(),
  updatedAt: time.nullable(),
  /** Of conjurer. */
  version: z.string(),
});

export type Status = z.infer<typeof statusSchema>;
export type StageStatus = Status['stages'][number];

/** Of a machine on which nothing ran since it was booted. */
export function neverRun(version: string, stages: readonly string[]): Status {
  return {
    schema: 'conjurer.status/v1',
    state: 'never-run',
    edgeName: null,
    nodeId: null,
    registrationId: null,
    claimCode: null,
    keyFingerprint: null,
    stages: stages.map(name => ({ name, state: 'pending', since: null, detail: null })),
    waiting: null,
    lastError: null,
    exitStatus: null,
    pid: null,
    startedAt: null,
    updatedAt: null,
    version,
  };
}

/**
 * Reads the status that a run keeps; null where there is none, or it is not readable. `isRunning` says whether a run
 * is alive (run-lock.ts): one that was killed could not say so itself.
 */
export async function readStatus(files: Files, isRunning: boolean): Promise<Status | null> {
  const text = await files.readText(statusPath);
  const status = text === null ? null : parse(text);
  const isOver = status?.exitStatus !== null || (status.state !== 'running' && status.state !== 'waiting');
  if (status === null || isRunning || isOver) return status;
  return {
    ...status,
    state: 'interrupted',
    waiting: null,
    stages: status.stages.map(stage => (stage.state === 'running' ? { ...stage, state: 'interrupted' } : stage)),
  };
}

function parse(text: string): Status | null {
  try {
    return statusSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
