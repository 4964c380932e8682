import type * as z from 'zod';
import { type Answer, parseJson, requireMediaType, retryAfterOf } from './answer.ts';
import type { Controller } from './controller.ts';
import { createResolve } from './name.ts';
import { errorOf } from './problem.ts';
import {
  Activation,
  BASE_PATH,
  ConfigPending,
  EventsAnswer,
  Handoff,
  HEADER_IDEMPOTENCY_KEY,
  HEADER_JOIN_STATE,
  IssuedCertificate,
  Meta,
  NodeCertificate,
  Registration,
} from './protocol.ts';
import { createTransport, type TransportCall, type TransportOptions } from './transport.ts';

export type HttpControllerOptions = Omit<TransportOptions, 'resolve'>;

const ACCEPT_JSON = 'application/json, application/problem+json';
const ACCEPT_JOSE = 'application/jose, application/json, application/problem+json';

/**
 * The Controller over HTTP/1.1 and TLS 1.3. One attempt a call; answers are parsed here. Failures are what `dial`,
 * `Lane.send` and `errorOf` throw, and `E_ANSWER_FOREIGN` for an answer that is not of the protocol.
 */
export function createHttpController(options: HttpControllerOptions): Controller {
  const transport = createTransport({ ...options, resolve: createResolve() });

  return {
    meta: as => call(as, 'GET', '/meta', {}, json(Meta)),
    register: (clusterId, body, key) =>
      call(
        'bootstrap',
        'POST',
        `/clusters/${id(clusterId)}/registrations`,
        sending(body, { [HEADER_IDEMPOTENCY_KEY]: key }),
        json(Registration),
      ),
    registration: (registrationId, { etag, waitSeconds }) =>
      call(
        'bootstrap',
        'GET',
        `/registrations/${id(registrationId)}`,
        {
          waitSeconds,
          headers: {
            ...(waitSeconds > 0 ? { prefer: `wait=${waitSeconds}` } : {}),
            ...(etag === null ? {} : { 'if-none-match': etag }),
          },
        },
        answer =>
          answer.status === 304 && etag !== null
            ? { changed: false, ...hintOf(answer) }
            : { changed: true, registration: json(Registration)(answer), etag: answer.headers.etag ?? null },
      ),
    certificate: registrationId =>
      call('bootstrap', 'GET', `/registrations/${id(registrationId)}/certificate`, {}, json(NodeCertificate)),
    activate: (nodeId, body, state) =>
      call('node', 'PUT', `/nodes/${id(nodeId)}/activation`, sending(body, joined(state)), json(Activation)),
    config: (nodeId, nonce, state) =>
      call(
        'node',
        'GET',
        `/nodes/${id(nodeId)}/config?nonce=${encodeURIComponent(nonce)}`,
        { headers: { ...joined(state), accept: ACCEPT_JOSE } },
        answer =>
          answer.status === 202
            ? { ready: false, ...json(ConfigPending)(answer), ...hintOf(answer) }
            : { ready: true, jws: jose(answer) },
      ),
    events: (nodeId, body, state) =>
      call('node', 'POST', `/nodes/${id(nodeId)}/events`, sending(body, joined(state)), json(EventsAnswer)),
    facts: (nodeId, body, state) =>
      call('node', 'PUT', `/nodes/${id(nodeId)}/facts`, sending(body, joined(state)), nothing),
    handoff: (nodeId, body, state) =>
      call('node', 'PUT', `/nodes/${id(nodeId)}/handoff`, sending(body, joined(state)), answer => ({
        ...json(Handoff)(answer),
        ...hintOf(answer),
      })),
    renew: (nodeId, csr, state) =>
      call(
        'node',
        'POST',
        `/nodes/${id(nodeId)}/certificates`,
        sending(JSON.stringify({ csr }), joined(state)),
        json(IssuedCertificate),
      ),
    decommission: (nodeId, state) =>
      call('node', 'DELETE', `/nodes/${id(nodeId)}`, { headers: joined(state) }, nothing),
    bundle: (nodeId, bundleId, body, state) =>
      call(
        'node',
        'PUT',
        `/nodes/${id(nodeId)}/bundles/${id(bundleId)}`,
        { body, headers: { 'content-type': 'application/octet-stream', ...joined(state) } },
        nothing,
      ),
    operatorCertificate: (nodeId, csr, state) =>
      call(
        'node',
        'POST',
        `/nodes/${id(nodeId)}/operator/certificate`,
        sending(JSON.stringify({ csr }), joined(state)),
        json(IssuedCertificate),
      ),
    close: () => transport.close(),
  };

  function call<T>(
    role: TransportCall['role'],
    method: TransportCall['method'],
    path: string,
    { headers = {}, body = null, waitSeconds = 0 }: Partial<Pick<TransportCall, 'headers' | 'body' | 'waitSeconds'>>,
    read: (answer: Answer) => T,
  ): Promise<T> {
    const all = { accept: ACCEPT_JSON, 'accept-encoding': 'gzip', ...headers };
    return transport.send({ role, method, path: `${BASE_PATH}${path}`, headers: all, body, waitSeconds }, read);
  }
}

function sending(body: string, headers: Readonly<Record<string, string>>) {
  return { body, headers: { 'content-type': 'application/json', ...headers } };
}

function joined(state: string) {
  return { [HEADER_JOIN_STATE]: state };
}

function id(text: string): string {
  return encodeURIComponent(text);
}

function json<T>(schema: z.ZodType<T>): (answer: Answer) => T {
  return answer => parseJson(success(answer), schema);
}

function jose(answer: Answer): string {
  requireMediaType(success(answer), 'application/jose');
  return answer.text.trim();
}

function nothing(answer: Answer): void {
  if (success(answer).status === 204) return;
  requireMediaType(answer, 'application/json');
}

function success(answer: Answer): Answer {
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer);
  return answer;
}

function hintOf({ headers }: Answer) {
  return { retryAfterSeconds: retryAfterOf(headers['retry-after']) };
}
