import { randomBytes } from 'node:crypto';
import { AgentError } from '../../bootstrap/errors.ts';
import { requireMediaType, unpack } from './answer.ts';
import { type Dialing, dialUnverified } from './dial.ts';
import { openLane } from './lane.ts';
import { createResolve } from './name.ts';
import { unreachable } from './network-error.ts';
import { errorOf } from './problem.ts';
import { BASE_PATH, type ConfigKey } from './protocol.ts';
import { hostOf } from './proxy.ts';
import { verifyServerChainIgnoringDates } from './server-chain.ts';
import { verifySignedTime } from './signed-document.ts';
import { within } from './time-limit.ts';
import { presentedChain } from './tls.ts';

export interface SignedTimeOptions extends Omit<Dialing, 'resolve'> {
  /** Of the Controller: https://host[:port]. */
  readonly url: string;
  /** The pinned CAs, PEM. */
  readonly cas: readonly string[];
  readonly configKeys: readonly ConfigKey[];
  readonly signal?: AbortSignal;
}

/**
 * The Controller's time, for a machine whose clock is so wrong that certificates seem out of date (protocol: Clock, step
 * 3). TLS stands without verification, without a client certificate, and carries nothing secret; host name, purpose and
 * issuers are checked by hand with dates ignored before anything is asked, and the answer counts only by its signature.
 * Throws `E_CONTROLLER_UNREACHABLE`, `E_CONTROLLER_UNTRUSTED`, `E_ANSWER_FOREIGN`, `E_CLOCK_WRONG` (class wait) for a
 * signature, nonce or form that is not right, or what the Controller answered.
 */
export async function fetchSignedTime(options: SignedTimeOptions): Promise<Date> {
  const { patience, cas, configKeys } = options;
  const url = new URL(options.url);
  const nonce = randomBytes(24).toString('base64url');
  const callMs = 1000 * patience.timeouts.callSeconds;
  const late = () => unreachable('http', 'the signed time did not come', { wanted: `an answer within ${callMs} ms` });
  const jws = await within(callMs, options.signal, late, async signal => {
    const socket = await dialUnverified(url, { ...options, resolve: createResolve() }, signal);
    const lane = openLane(socket, url.origin, false);
    try {
      verifyServerChainIgnoringDates({ chainDer: presentedChain(socket), cas, host: hostOf(url) });
      return await ask(lane, nonce, 1000 * patience.timeouts.headersSeconds, signal);
    } finally {
      await lane.close();
    }
  });
  return verifySignedTime(jws, { configKeys, nonce }).catch((error: unknown) => {
    throw error instanceof AgentError ? patiently(error) : error;
  });
}

async function ask(lane: ReturnType<typeof openLane>, nonce: string, headersMs: number, signal: AbortSignal) {
  const headers = { accept: 'application/jose, application/problem+json', 'accept-encoding': 'gzip' };
  const path = `${BASE_PATH}/time?nonce=${nonce}`;
  const answer = await unpack(await lane.send({ method: 'GET', path, headers, body: null, headersMs }, signal));
  if (answer.status !== 200) throw errorOf(answer);
  requireMediaType(answer, 'application/jose');
  return answer.text.trim();
}

/** Nothing says that the next answer is as wrong: class wait, like the clock itself. */
function patiently({ code, message, seen, wanted, check }: AgentError): AgentError {
  return new AgentError(code, message, {
    ...(seen === undefined ? {} : { seen }),
    ...(wanted === undefined ? {} : { wanted }),
    ...(check === undefined ? {} : { check }),
    retry: { class: 'wait', retryAfterSeconds: null, authenticated: false },
  });
}
