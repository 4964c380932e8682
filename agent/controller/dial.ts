import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../bootstrap/host/host.ts';
import { type Address, type Resolve, unresolved } from './name.ts';
import { type Layer, unreachable } from './network-error.ts';
import type { Patience } from './patience.ts';
import { chooseProxy, type HttpProxy, hostOf, type ProxyConfig, portOf } from './proxy.ts';
import { connectTcp } from './tcp.ts';
import { within } from './time-limit.ts';
import { type ClientIdentity, NotVerified, presentedChain, secure, unverified } from './tls.ts';
import { openTunnel, secureProxy } from './tunnel.ts';
import { casThatSigned, explainRefusal, untrusted } from './untrusted.ts';

/** What every connection to the Controller needs, whoever it is opened for. */
export interface Dialing {
  readonly resolve: Resolve;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly proxy: ProxyConfig | null;
}

/**
 * Opens one connection to the Controller, layer by layer: name → address → TCP → proxy → TLS 1.3. Each layer has its own
 * time limit. `url` is https://host[:port]; `cas` are PEM and the only trust.
 * Throws `E_CONTROLLER_UNREACHABLE` (the layer is its `check`), `E_CONTROLLER_UNTRUSTED`, or `E_CLOCK_WRONG` when only
 * the dates of a certificate on an otherwise trusted chain are wrong; or the signal's reason.
 */
export async function dial(
  url: URL,
  cas: readonly string[],
  identity: ClientIdentity | null,
  dialing: Dialing,
  signal?: AbortSignal,
): Promise<TLSSocket> {
  const open = async (trusted: readonly string[]) =>
    startTls(await openRoute(url, dialing, signal), url, trusted, identity, dialing, signal);
  try {
    return await open(cas);
  } catch (error) {
    if (!(error instanceof NotVerified)) throw error;
    const chainDer = await lookAtChain(url, dialing, signal);
    const server = { host: hostOf(url), origin: url.origin, chainDer, cas, reason: error.reason };
    const refusal = explainRefusal(server, dialing.clock.now());
    if (refusal !== null) throw refusal;
    return await open(casThatSigned(chainDer, cas)).catch((again: unknown) => {
      throw again instanceof NotVerified ? untrusted(server, null) : again;
    });
  }
}

/** TLS with a server that nobody has checked: no client certificate, and nothing secret may be sent. */
export async function dialUnverified(url: URL, dialing: Dialing, signal?: AbortSignal): Promise<TLSSocket> {
  const socket = await openRoute(url, dialing, signal);
  const inTime = limited('tls', dialing.patience.timeouts.tlsSeconds, signal);
  return inTime(limit => unverified(socket, hostOf(url), limit));
}

/** Layers name and address. */
export function resolveHost(host: string, { resolve, patience }: Dialing, signal?: AbortSignal) {
  const seconds = patience.timeouts.connectSeconds;
  const late = () => unresolved(host, `no answer of the resolver within ${seconds} s`);
  return within(1000 * seconds, signal, late, () => resolve(host));
}

/** Layer TCP. */
export function openTcp(
  addresses: readonly Address[],
  port: number,
  { patience }: Dialing,
  signal?: AbortSignal,
): Promise<Socket> {
  const inTime = limited('tcp', patience.timeouts.connectSeconds, signal);
  return inTime(limit => connectTcp(addresses, port, limit));
}

/** Layer proxy: the way to the Controller through the proxy that `socket` reaches. */
export function throughProxy(
  socket: Socket,
  url: URL,
  proxy: HttpProxy,
  { patience }: Dialing,
  signal?: AbortSignal,
): Promise<Socket> {
  const inTime = limited('proxy', patience.timeouts.connectSeconds, signal);
  return inTime(async limit => {
    const hop = proxy.secure ? await secureProxy(socket, proxy, limit) : socket;
    return openTunnel(hop, `${url.hostname}:${portOf(url)}`, proxy, limit);
  });
}

/** Layer TLS. Throws `NotVerified` too. */
export function startTls(
  socket: Socket,
  url: URL,
  cas: readonly string[],
  identity: ClientIdentity | null,
  { patience }: Dialing,
  signal?: AbortSignal,
): Promise<TLSSocket> {
  const inTime = limited('tls', patience.timeouts.tlsSeconds, signal);
  return inTime(limit => secure(socket, hostOf(url), cas, identity, limit));
}

/** Layers name to proxy: a connection to the host of `url`, straight or through the proxy. Nothing is sent yet. */
export async function openRoute(url: URL, dialing: Dialing, signal: AbortSignal | undefined): Promise<Socket> {
  const proxy = chooseProxy(url, dialing.proxy);
  const [host, port] = proxy === null ? [hostOf(url), portOf(url)] : [proxy.host, proxy.port];
  const socket = await openTcp(await resolveHost(host, dialing, signal), port, dialing, signal);
  return proxy === null ? socket : throughProxy(socket, url, proxy, dialing, signal);
}

/** A second look at the server, since the first connection is gone with its certificate when that does not verify. */
async function lookAtChain(url: URL, dialing: Dialing, signal: AbortSignal | undefined): Promise<Buffer[]> {
  const socket = await dialUnverified(url, dialing, signal);
  const chain = presentedChain(socket);
  socket.destroy();
  return chain;
}

function limited(layer: Exclude<Layer, 'name'>, seconds: number, signal: AbortSignal | undefined) {
  const late = () =>
    unreachable(layer, `no answer within ${seconds} s`, {
      seen: `nothing at layer ${layer}`,
      wanted: `an answer within ${seconds} s`,
      data: { timedOut: true },
    });
  return <T>(work: (limit: AbortSignal) => Promise<T>): Promise<T> => within(1000 * seconds, signal, late, work);
}
