import type { Controller } from '../../agent/controller/controller.ts';
import { createHttpController, type HttpControllerOptions } from '../../agent/controller/http-controller.ts';
import { defaultPatience, Patience } from '../../agent/controller/patience.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { systemClock } from '../../bootstrap/host/clock.ts';
import type { Clock } from '../../bootstrap/host/host.ts';

/** Time limits short enough to see them pass; only for what is meant to run into them, since a busy machine is slow. */
export const quickPatience: Patience = Patience.parse({
  timeouts: { connectSeconds: 3, tlsSeconds: 3, headersSeconds: 2, callSeconds: 4, longPollExtraSeconds: 1 },
});

/** The running system's clock; nothing in a test sets it. */
export const realClock: Clock = systemClock({
  root: '/nowhere',
  run: async argv => ({ argv, status: null, stdout: '', stderr: '', timedOut: false, missing: true }),
  exists: async () => false,
});

/** The same, but showing another wall time. */
export function clockOff(byMs: number): Clock {
  return { ...realClock, now: () => new Date(Date.now() + byMs) };
}

/** The agent's client, with no proxy and no certificate unless given. */
export function connectAgent(
  options: Pick<HttpControllerOptions, 'urls' | 'cas'> & Partial<HttpControllerOptions>,
): Controller {
  return createHttpController({
    identity: () => null,
    proxy: null,
    patience: defaultPatience,
    clock: realClock,
    ...options,
  });
}

/** The AgentError that a call ends with; anything else fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<AgentError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  throw new Error('the call was expected to fail');
}
