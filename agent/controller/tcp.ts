import { connect, type Socket } from 'node:net';
import type { Address } from './name.ts';
import { reasonOf, unreachable } from './network-error.ts';

/** The next address is tried beside those under way after so long. Never ends one: slow links answer late (RFC 8305). */
const NEXT_ATTEMPT_MS = 250;
const NO_ROUTE = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

/**
 * Opens TCP to the first of the addresses that answers. Throws `E_CONTROLLER_UNREACHABLE` with check `address` where this
 * machine has no way to any of them, else `tcp`; or the signal's reason.
 */
export function connectTcp(addresses: readonly Address[], port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const open = new Set<Socket>();
  const failures: { readonly address: string; readonly reason: string }[] = [];
  let started = 0;
  let timer: NodeJS.Timeout | undefined;

  const settle = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    for (const socket of open) socket.destroy();
  };
  const abort = () => {
    settle();
    reject(signal.reason);
  };
  const startNext = () => {
    clearTimeout(timer);
    const address = addresses[started++];
    if (address === undefined) return;
    const socket = connect({ host: address.address, port, family: address.family, noDelay: true, keepAlive: true });
    open.add(socket);
    socket.once('connect', () => {
      open.delete(socket);
      settle();
      resolve(socket);
    });
    // Stays on for good: between two layers nobody else listens, and an unheard 'error' would end the process.
    socket.on('error', error => {
      if (!open.delete(socket)) return;
      failures.push({ address: address.address, reason: reasonOf(error) });
      if (failures.length < addresses.length) return startNext();
      settle();
      reject(refused(failures, port));
    });
    timer = setTimeout(startNext, NEXT_ATTEMPT_MS);
  };

  if (addresses.length === 0) reject(unreachable('name', 'the name has no address', { wanted: 'an address' }));
  else if (signal.aborted) reject(signal.reason);
  else {
    signal.addEventListener('abort', abort, { once: true });
    startNext();
  }
  return promise;
}

function refused(failures: readonly { readonly address: string; readonly reason: string }[], port: number) {
  const seen = failures.map(({ address, reason }) => `${address}: ${reason}`).join(', ');
  return failures.every(({ reason }) => NO_ROUTE.has(reason))
    ? unreachable('address', 'this machine has no way to the address', {
        seen,
        wanted: 'a route',
        next: 'check addresses and routes of this machine (ip address; ip route)',
      })
    : unreachable('tcp', `nothing accepts connections on port ${port}`, {
        seen,
        wanted: 'a TCP connection',
        next: `check that the Controller runs and that firewalls let TCP port ${port} pass`,
      });
}
