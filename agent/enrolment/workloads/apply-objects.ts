import { runKubectl } from '../../../bootstrap/cluster/kubectl.ts';
import { whyFailed } from '../../../bootstrap/cluster/why-failed.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import type { Host, RunResult } from '../../../bootstrap/host/host.ts';

/** A kind that one object defines and another uses is only known after a moment, and an API server may be restarting. */
const TRY_FOR_MS = 120_000;
const PAUSE_MS = 2_000;
const CALL_MS = 120_000;

export interface Objects {
  /** In words, for the message: "the manifests of logging". */
  readonly what: string;
  readonly kubeconfig: string;
  /** JSON or YAML; goes through stdin. */
  readonly text: string;
  /** Who owns the fields that are set. */
  readonly manager: string;
  /** What kubectl says of a Secret may hold a piece of it, so that only the kind of failure is told. */
  readonly isSecret?: boolean;
}

/** Applies them on the server's side, again and again for two minutes. Throws E_WORKLOAD_NOT_APPLIED. */
export async function applyObjects(host: Host, objects: Objects, signal: AbortSignal): Promise<void> {
  const endMs = host.clock.monotonicMs() + TRY_FOR_MS;
  for (;;) {
    const result = await runApply(host, objects, signal);
    signal.throwIfAborted();
    if (result.status === 0) return;
    const seen = objects.isSecret === true ? kindOfFailure(result) : whyFailed(result);
    if (result.missing || isHopeless(result) || host.clock.monotonicMs() + PAUSE_MS > endMs) {
      throw new AgentError('E_WORKLOAD_NOT_APPLIED', `the cluster does not take ${objects.what}`, { seen });
    }
    await host.clock.sleep(PAUSE_MS, signal);
  }
}

/** `isTrial`: nothing is changed, and the objects are printed as they would be. */
export async function runApply(
  host: Host,
  { kubeconfig, text, manager }: Objects,
  signal: AbortSignal,
  isTrial = false,
): Promise<RunResult> {
  const args = ['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`, '-f', '-'];
  const trial = isTrial ? ['--dry-run=server', '-o', 'json'] : ['-o', 'name'];
  return runKubectl(host, kubeconfig, [...args, ...trial], { input: text, timeoutMs: CALL_MS, signal });
}

/** What another try cannot mend. */
function isHopeless({ stderr }: RunResult): boolean {
  return /\bis invalid\b|error validating|error parsing|ValidationError|failed to create typed/.test(stderr);
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/connection refused|was refused|no route to host|EOF/i, 'the API server cannot be reached'],
  [/timed? ?out|deadline exceeded/i, 'the API server did not answer in time'],
  [/unauthorized|certificate/i, 'the API server does not accept this machine'],
  [/forbidden/i, 'the API server does not allow it'],
  [/not found/i, 'the API server does not find its namespace'],
];

function kindOfFailure({ missing, timedOut, status, stderr }: RunResult): string {
  if (missing) return 'there is no program kubectl on this machine';
  if (timedOut) return 'kubectl did not end in time';
  return kinds.find(([sign]) => sign.test(stderr))?.[1] ?? `kubectl ended with status ${status ?? 'none'}`;
}
