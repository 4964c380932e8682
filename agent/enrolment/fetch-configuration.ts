import { randomBytes } from 'node:crypto';
import { AgentError } from '../../bootstrap/errors.ts';
import type { ConfigAnswer } from '../controller/controller.ts';
import { cryptoRandom, retryAfterMs } from '../controller/delay.ts';
import { verifyConfigDocument } from '../controller/signed-document.ts';
import type { FetchedConfiguration } from './configuration-store.ts';
import type { EnrolmentParts } from './enrolment.ts';

const ASK_AGAIN_SECONDS = 30;

/**
 * Call 5 until the Controller has a configuration that can be accepted. One that is refused is reported, and asked for
 * again in class wait, since only an admin can mend it; where another one is in force it is thrown instead, so that a
 * managed node does not wait. null: none is ready, and this is only a plan.
 */
export async function fetchConfiguration(
  enrolment: EnrolmentParts,
  nodeId: string,
  signal: AbortSignal,
): Promise<FetchedConfiguration | null> {
  const { link, lineage, host, bus } = enrolment;
  const since = enrolment.now();
  for (let asked = 0; ; asked += 1) {
    const answer = await link.ask(
      'fetch the configuration',
      async controller => {
        const nonce = randomBytes(24).toString('base64url');
        const read = await controller.config(nodeId, nonce, await lineage.current());
        return read.ready ? accept(enrolment, nodeId, { nonce, jws: read.jws }, signal) : read;
      },
      signal,
    );
    if ('jws' in answer) {
      if (asked > 0) bus.emit({ type: 'wait-ended' });
      return answer;
    }
    if (!enrolment.options.patient) return null;
    if (asked === 0) announce(enrolment, since);
    await host.clock.sleep(delayMs(enrolment, answer), signal);
  }
}

function announce({ bus }: EnrolmentParts, since: Date): void {
  bus.emit({
    type: 'waiting',
    for: 'the configuration of this node',
    who: 'controller-admin',
    since,
    next: 'set the configuration of the cluster on the Controller',
  });
}

function delayMs({ link }: EnrolmentParts, { retryAfterSeconds }: ConfigAnswer & { ready: false }): number {
  return retryAfterMs(retryAfterSeconds ?? ASK_AGAIN_SECONDS, true, link.patience, cryptoRandom);
}

async function accept(
  enrolment: EnrolmentParts,
  nodeId: string,
  { nonce, jws }: { nonce: string; jws: string },
  signal: AbortSignal,
): Promise<FetchedConfiguration> {
  const { configKeys, clusterId } = await enrolment.link.trust();
  const applied = await enrolment.state.applied.read();
  try {
    return { ...(await verifyConfigDocument(jws, { configKeys, nodeId, clusterId, nonce, applied })), jws };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    await reportRefusal(enrolment, nodeId, error, signal);
    const { message, seen, wanted, check } = error;
    throw new AgentError('E_CONFIG_DOCUMENT_REFUSED', message, {
      ...(seen === undefined ? {} : { seen }),
      ...(wanted === undefined ? {} : { wanted }),
      ...(check === undefined ? {} : { check }),
      ...(applied === null ? { retry: { class: 'wait', retryAfterSeconds: null, authenticated: true } } : {}),
    });
  }
}

async function reportRefusal(enrolment: EnrolmentParts, nodeId: string, error: AgentError, signal: AbortSignal) {
  if (!enrolment.options.patient) return;
  await enrolment.events.add({
    code: 'config_refused',
    level: 'error',
    message: error.message,
    data: { check: error.check ?? null, seen: error.seen ?? null, wanted: error.wanted ?? null },
  });
  await enrolment.lineage.report(nodeId, signal).catch(() => undefined);
}
