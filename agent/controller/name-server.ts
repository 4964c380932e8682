import { Resolver } from 'node:dns/promises';
import type { NameAnswer } from '../../bootstrap/preflight/outside.ts';
import { reasonOf } from './network-error.ts';

const LIMIT_MS = 2_000;
/** The server is there, and says that there is no such name, or none with an address. */
const knowsNone = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks one name server ("192.0.2.1", "192.0.2.1:5353") for the addresses of a name, by the protocol and not as programs
 * of this machine do: neither its hosts file nor its other servers have a say. Rejects only with the signal's reason.
 */
export async function askNameServer(server: string, name: string, signal: AbortSignal): Promise<NameAnswer> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: LIMIT_MS, tries: 1 });
  try {
    resolver.setServers([server.replace(/%.*$/, '')]);
  } catch {
    return { kind: 'no-answer', code: 'EINVAL' };
  }
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const both = await Promise.all([found(resolver.resolve4(name)), found(resolver.resolve6(name))]);
    signal.throwIfAborted();
    return together(both);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function found(asking: Promise<string[]>): Promise<NameAnswer> {
  try {
    return { kind: 'addresses', addresses: await asking };
  } catch (error) {
    const code = reasonOf(error);
    return knowsNone.has(code) ? { kind: 'unknown-name' } : { kind: 'no-answer', code };
  }
}

function together(both: readonly NameAnswer[]): NameAnswer {
  const addresses = both.flatMap(one => (one.kind === 'addresses' ? one.addresses : []));
  if (addresses.length > 0) return { kind: 'addresses', addresses: addresses.sort() };
  return both.find(({ kind }) => kind === 'unknown-name') ?? both[0] ?? { kind: 'unknown-name' };
}
