import { createHash } from 'node:crypto';
import type { ChangeKind, ManifestChange } from '../../../bootstrap/change.ts';
import { runKubectl } from '../../../bootstrap/cluster/kubectl.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import type { Host } from '../../../bootstrap/host/host.ts';
import { readAppliedConfiguration } from '../configuration-store.ts';
import type { EnrolmentParts } from '../enrolment.ts';
import { applyObjects, type Objects, runApply } from '../workloads/apply-objects.ts';
import { compareObjects, parseObjects } from '../workloads/same-objects.ts';

export const FIELD_MANAGER = 'conjurer';

const LOOKS = 5;
const PAUSE_MS = 500;
const GET_MS = 60_000;

/** Asks the API server what applying would change: nothing, and the manifest holds. */
export function manifestKind(enrolment: Pick<EnrolmentParts, 'state'>): ChangeKind<ManifestChange> {
  return {
    async isDone(change, host) {
      const objects = await objectsOf(enrolment, host, change);
      for (let look = 0; look < LOOKS; look += 1) {
        const found = await compare(host, objects);
        if (found !== 'moving') return found === 'same';
        // A controller has written what it did.
        await host.clock.sleep(PAUSE_MS);
      }
      return false;
    },
    async apply(change, host, signal) {
      await applyObjects(host, await objectsOf(enrolment, host, change), signal);
    },
    // With the cluster they go; from a cluster that stays the operator removes what is no longer wanted.
    undo: async () => [],
  };
}

async function compare(host: Host, objects: Objects): Promise<'same' | 'differ' | 'moving'> {
  const options = { input: objects.text, timeoutMs: GET_MS };
  const args = ['get', '-f', '-', '--ignore-not-found', '-o', 'json'];
  const live = await runKubectl(host, objects.kubeconfig, args, options);
  if (live.status !== 0 || live.stdout.trim() === '') return 'differ';
  const wanted = await runApply(host, objects, new AbortController().signal, true);
  if (wanted.status !== 0) return 'differ';
  const [found, applied] = [parseObjects(live.stdout), parseObjects(wanted.stdout)];
  return found === null || applied === null ? 'differ' : compareObjects(found, applied);
}

async function objectsOf(
  { state }: Pick<EnrolmentParts, 'state'>,
  host: Host,
  { id, kubeconfig, path, sha256 }: ManifestChange,
): Promise<Objects> {
  const text = path === null ? await inlineText({ state }, host, sha256) : await host.files.readText(path);
  if (text !== null && sha256Of(text) === sha256) return { what: id, kubeconfig, text, manager: FIELD_MANAGER };
  throw new AgentError('E_WORKLOAD_REFUSED', `${path ?? 'the manifest in the configuration'} is not what was planned`, {
    seen: text === null ? 'nothing' : `sha256 ${sha256Of(text)}`,
    wanted: `sha256 ${sha256}`,
    next: 'conjurer plan, then: conjurer run',
  });
}

async function inlineText(
  { state }: Pick<EnrolmentParts, 'state'>,
  host: Host,
  sha256: string,
): Promise<string | null> {
  const document = (await readAppliedConfiguration(host.files, state))?.document;
  const sources = [document?.handoff?.operator, ...(document?.addons ?? [])].flatMap(owner => owner?.manifests ?? []);
  return sources.find(source => source.inline !== undefined && source.sha256 === sha256)?.inline ?? null;
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
