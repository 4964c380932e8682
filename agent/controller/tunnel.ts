import type { Socket } from 'node:net';
import { connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import { Client } from 'undici';
import { retryAfterOf } from './answer.ts';
import { handOver } from './hand-over.ts';
import { reasonOf, unreachable } from './network-error.ts';
import type { HttpProxy } from './proxy.ts';
import { finishHandshake, serverName } from './tls.ts';

/** TLS to the proxy itself. It is no Controller: TLS 1.2 will do, and it never sees a client certificate. */
export async function secureProxy(socket: Socket, proxy: HttpProxy, signal: AbortSignal): Promise<TLSSocket> {
  const secure = connectTls({
    socket,
    ...serverName(proxy.host),
    ca: proxy.caPem === null ? [...rootCertificates] : [proxy.caPem],
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  });
  return finishHandshake(secure, signal, error =>
    unreachable('proxy', `no TLS with the proxy ${proxy.shown}`, {
      seen: reasonOf(error),
      wanted: proxy.caPem === null ? 'a certificate of a public CA' : 'a certificate of the CA in proxy.caFile',
      next: 'check proxy.https and proxy.caFile in the configuration',
      cause: error,
    }),
  );
}

/** Asks the proxy for a way to `target` (host:port). Throws `E_CONTROLLER_UNREACHABLE` with check `proxy`. */
export async function openTunnel(
  socket: Socket,
  target: string,
  proxy: HttpProxy,
  signal: AbortSignal,
): Promise<Socket> {
  const client = new Client(proxy.shown, { connect: handOver(socket), headersTimeout: 0 });
  try {
    const { statusCode, headers } = await client.connect({
      path: target,
      headers: {
        host: target,
        ...(proxy.authorization === null ? {} : { 'proxy-authorization': proxy.authorization }),
      },
      signal,
    });
    if (statusCode >= 200 && statusCode <= 299) return socket;
    throw refused(statusCode, target, proxy, retryAfterOf(headers['retry-after']));
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    if (error instanceof Error && error.name === 'AgentError') throw error;
    throw unreachable('proxy', `the proxy ${proxy.shown} ended the connection`, {
      seen: reasonOf(error),
      wanted: `a tunnel to ${target}`,
      next: 'check proxy.https in the configuration',
      cause: error,
    });
  } finally {
    await client.destroy();
  }
}

function refused(status: number, target: string, proxy: HttpProxy, retryAfterSeconds: number | null) {
  const details = { seen: `HTTP ${status}`, wanted: `a tunnel to ${target}`, retryAfterSeconds, data: { status } };
  if (status !== 407) {
    return unreachable('proxy', `the proxy ${proxy.shown} does not open a way to ${target}`, {
      ...details,
      next: `have the proxy let CONNECT ${target} pass, or add the Controller to proxy.noProxy`,
    });
  }
  const message =
    proxy.authorization === null
      ? `the proxy ${proxy.shown} wants a user and a password`
      : `the proxy ${proxy.shown} refuses the user and password of the configuration`;
  return unreachable('proxy', message, { ...details, next: 'correct user and password in proxy.https' });
}
