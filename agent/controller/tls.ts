import { isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { AgentError } from '../../bootstrap/errors.ts';
import { reasonOf, unreachable } from './network-error.ts';

/** PEM, as the TLS library takes it. The key is not encrypted. */
export interface ClientIdentity {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** The handshake was finished, but the server's certificate does not verify. `reason` is OpenSSL's or Node's code. */
export class NotVerified extends Error {
  override readonly name = 'NotVerified';
  readonly reason: string;

  constructor(reason: string) {
    super(`the certificate of the server does not verify: ${reason}`);
    this.reason = reason;
  }
}

/**
 * TLS 1.3 with nothing trusted but `cas` (PEM), the host name checked, and our own certificate shown where there is one.
 * Neither NODE_TLS_REJECT_UNAUTHORIZED nor NODE_EXTRA_CA_CERTS has a say, since both settings are explicit.
 * Throws `NotVerified`, `E_CONTROLLER_UNREACHABLE` with check `tls`, or the signal's reason. Closes the socket then.
 */
export function secure(
  socket: Socket,
  host: string,
  cas: readonly string[],
  identity: ClientIdentity | null,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const start = () =>
    connect({
      ...transportOf(socket, host),
      ...(identity === null ? {} : { key: identity.key, cert: identity.cert }),
      ca: [...cas],
      rejectUnauthorized: true,
    });
  return finishHandshake(identity === null ? start() : withIdentity(start, socket), signal, noTls);
}

/**
 * TLS 1.3 with a server that nobody has checked yet. No certificate of ours is shown. For looking at the certificate of
 * the server, and for asking the signed time of one whose chain was then checked by hand: nothing secret goes in.
 */
export function unverified(socket: Socket, host: string, signal: AbortSignal): Promise<TLSSocket> {
  return finishHandshake(connect({ ...transportOf(socket, host), rejectUnauthorized: false }), signal, noTls);
}

/** What the server presented, leaf first, DER. */
export function presentedChain(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  for (let next = socket.getPeerCertificate(true); next?.raw !== undefined; next = next.issuerCertificate) {
    if (chain.some(der => der.equals(next.raw))) break;
    chain.push(next.raw);
  }
  return chain;
}

/** `servername` (SNI) is for names only; `host` is what the certificate must be for. */
export function serverName(host: string): { host: string; servername?: string } {
  return isIP(host) === 0 ? { host, servername: host } : { host };
}

/** Resolves once TLS stands. On failure or abort the socket is destroyed. */
export function finishHandshake(
  socket: TLSSocket,
  signal: AbortSignal,
  explain: (error: Error) => Error,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const settle = () => {
    signal.removeEventListener('abort', abort);
    socket.off('close', closed);
  };
  const fail = (reason: unknown) => {
    settle();
    socket.destroy();
    reject(reason);
  };
  const abort = () => fail(signal.reason);
  const closed = () => fail(explain(new Error('the connection was closed')));
  // Stays on for good: between two layers nobody else listens, and an unheard 'error' would end the process.
  socket.on('error', error => fail(explain(verificationOf(socket, error))));
  socket.once('close', closed);
  socket.once('secureConnect', () => {
    settle();
    resolve(socket);
  });
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return promise;
}

function transportOf(socket: Socket, host: string) {
  return {
    socket,
    ...serverName(host),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ALPNProtocols: ['http/1.1'],
  } as const;
}

function withIdentity(start: () => TLSSocket, socket: Socket): TLSSocket {
  try {
    return start();
  } catch (error) {
    socket.destroy();
    throw new AgentError('E_STATE_INVALID', 'the key and the certificate of this machine cannot be used for TLS', {
      seen: reasonOf(error),
      wanted: 'a private key and the certificate chain of that key, PEM',
    });
  }
}

function verificationOf(socket: TLSSocket, error: Error): Error {
  return socket.authorizationError ? new NotVerified(reasonOf(error)) : error;
}

function noTls(error: Error): Error {
  if (error instanceof NotVerified) return error;
  const reason = reasonOf(error);
  const [meaning, next] = meaningOf(reason);
  return unreachable('tls', `TLS with the Controller failed: ${meaning}`, {
    seen: reason,
    wanted: 'TLS 1.3',
    next,
    cause: error,
  });
}

function meaningOf(reason: string): readonly [string, string] {
  if (/VERSION|UNSUPPORTED_PROTOCOL/.test(reason) && !/WRONG_VERSION_NUMBER/.test(reason)) {
    return [
      'the server does not speak TLS 1.3',
      'have TLS 1.3 switched on at the Controller or whatever stands before it',
    ];
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/.test(reason)) {
    return [
      'what answers does not speak TLS',
      'check address and port of the Controller; a captive portal answers so too',
    ];
  }
  if (/ALERT/.test(reason)) {
    return ['the server refused the handshake', 'look into the log of the Controller or of what stands before it'];
  }
  return ['the connection was cut during the handshake', 'check firewalls and proxies on the way; conjurer preflight'];
}
