import { createSocket } from 'node:dgram';
import type { Address } from './name.ts';
import { reasonOf, unreachable } from './network-error.ts';

/**
 * The address this machine would use towards the first of `addresses` that it has a way to. Nothing is sent: a datagram
 * socket that is connected asks the routing table only. Throws `E_CONTROLLER_UNREACHABLE` with check `address`.
 */
export async function sourceAddress(
  addresses: readonly Address[],
  port: number,
): Promise<{ readonly from: string; readonly to: string }> {
  const failures: string[] = [];
  for (const { address, family } of addresses) {
    try {
      return { from: await routeTo(address, family, port), to: address };
    } catch (error) {
      failures.push(`${address}: ${reasonOf(error)}`);
    }
  }
  throw unreachable('address', 'this machine has no way to the address', {
    seen: failures.join(', '),
    wanted: 'a route',
    next: 'check addresses and routes of this machine (ip address; ip route)',
  });
}

function routeTo(address: string, family: 4 | 6, port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  socket.once('error', reject);
  socket.connect(port, address, () => resolve(socket.address().address));
  return promise.finally(() => socket.close());
}
