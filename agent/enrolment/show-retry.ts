import type { Fixer } from '../../bootstrap/error-table.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { Retry } from '../controller/retry.ts';
import type { EventBus, Waiter } from '../pipeline/events.ts';

/**
 * A retry is shown; a wait for a person is shown as what it is, and is not begun where nobody shall be waited for.
 * `waits`: since when which error has been waited out.
 */
export function showRetry(
  { bus, host, wait }: { readonly bus: EventBus; readonly host: Host; readonly wait: boolean },
  call: string,
  retry: Retry,
  waits: Map<string, Date>,
): void {
  const { error, delayMs } = retry;
  if (retry.class === 'retry') {
    bus.emit({ type: 'retrying', call, code: error.code, delayMs });
    return;
  }
  const claimCode = text(error.data.claimCode);
  const keyFingerprint = text(error.data.keyFingerprint);
  const registrationId = text(error.data.registrationId);
  if (!wait && claimCode === null) throw error;
  const identity = {
    ...(claimCode === null ? {} : { claimCode }),
    ...(keyFingerprint === null ? {} : { keyFingerprint }),
  };
  bus.emit({
    type: 'identity-known',
    identity: { ...identity, ...(registrationId === null ? {} : { registrationId }) },
  });
  const since = waits.get(error.code) ?? host.clock.now();
  waits.set(error.code, since);
  bus.emit({
    type: 'waiting',
    for: `a person: ${error.message}`,
    who: waiterOf(error.fixer),
    code: error.code,
    since,
    next: error.next,
    ...identity,
  });
  if (!wait) throw held(error);
}

function waiterOf(fixer: Fixer): Waiter {
  if (fixer === 'controller-admin') return fixer;
  return fixer === 'retry' ? 'time' : 'technician';
}

function held(cause: AgentError): AgentError {
  return new AgentError('E_WAITING', cause.message, { next: cause.next, cause, data: cause.data });
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
