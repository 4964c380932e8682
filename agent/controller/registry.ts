import { connect, getCACertificates } from 'node:tls';
import { Client } from 'undici';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Registry, RegistryAnswer } from '../../bootstrap/preflight/outside.ts';
import { type Dialing, openRoute } from './dial.ts';
import { handOver } from './hand-over.ts';
import { createResolve } from './name.ts';
import { reasonOf } from './network-error.ts';
import { hostOf } from './proxy.ts';
import { within } from './time-limit.ts';
import { finishHandshake, serverName } from './tls.ts';

const LIMIT_MS = 10_000;

/**
 * `GET /v2/`, as containerd begins: a registry answers 200, or 401 where it wants to know who asks. Nothing secret is
 * sent. Rejects only with the signal's reason.
 */
export async function askRegistry(
  registry: Registry,
  options: Omit<Dialing, 'resolve'>,
  signal: AbortSignal,
): Promise<RegistryAnswer> {
  const { host } = registry;
  if (!URL.canParse(`https://${host}`)) return { observed: host, problem: 'that is no host name' };
  const url = new URL(`https://${host}`);
  const late = () => new Error(`no answer within ${LIMIT_MS / 1000} s`);
  try {
    const status = await within(LIMIT_MS, signal, late, limit => statusOf(url, registry, options, limit));
    const problem = status === 200 || status === 401 ? null : `HTTP ${status} is not what a registry answers`;
    return { observed: problem === null ? `${host} answers` : host, problem };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { observed: host, problem: textOf(error) };
  }
}

async function statusOf(
  url: URL,
  { cas, verifies }: Registry,
  options: Omit<Dialing, 'resolve'>,
  signal: AbortSignal,
): Promise<number> {
  const route = await openRoute(url, { ...options, resolve: createResolve() }, signal);
  const secured = await finishHandshake(
    connect({
      socket: route,
      ...serverName(hostOf(url)),
      ca: [...getCACertificates('system'), ...cas],
      rejectUnauthorized: verifies,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    }),
    signal,
    error => error,
  );
  const client = new Client(url.origin, { connect: handOver(secured) });
  try {
    const answer = await client.request({ method: 'GET', path: '/v2/', signal });
    return answer.statusCode;
  } finally {
    await client.destroy();
    secured.destroy();
  }
}

function textOf(error: unknown): string {
  if (error instanceof AgentError) return error.seen === undefined ? error.message : `${error.message}: ${error.seen}`;
  return reasonOf(error);
}
