import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AgentError } from '../../bootstrap/errors.ts';
import { reasonOf, unreachable } from './network-error.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Throws `E_CONTROLLER_UNREACHABLE` with check `name`. */
export type Resolve = (host: string) => Promise<readonly Address[]>;

/**
 * Resolves names as the machine does (hosts file and resolver), families taking turns. A look-up cannot be cancelled and
 * holds a thread of the pool that file operations need too, so one that hangs is joined, never repeated.
 */
export function createResolve(): Resolve {
  const pending = new Map<string, Promise<readonly Address[]>>();
  return host => {
    const running = pending.get(host);
    if (running !== undefined) return running;
    const started = resolveName(host).finally(() => pending.delete(host));
    pending.set(host, started);
    return started;
  };
}

/** `E_CONTROLLER_UNREACHABLE` with check `name`. */
export function unresolved(host: string, seen: string, cause?: unknown): AgentError {
  return unreachable('name', `the name ${host} cannot be resolved`, {
    seen,
    wanted: 'an address',
    next: `check the name servers of this machine (resolvectl status; getent hosts ${host})`,
    cause,
  });
}

async function resolveName(host: string): Promise<readonly Address[]> {
  const literal = isIP(host);
  if (literal === 4 || literal === 6) return [{ address: host, family: literal }];
  const found = await lookup(host, { all: true, order: 'verbatim' }).catch((error: unknown) => {
    throw unresolved(host, reasonOf(error), error);
  });
  return inTurns(found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })));
}

/** The family of the first address begins, then they alternate while both last (RFC 8305). */
function inTurns(addresses: readonly Address[]): readonly Address[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const other = addresses.filter(({ family }) => family !== addresses[0]?.family);
  return first.flatMap((address, i) => [address, ...other.slice(i, i + 1)]).concat(other.slice(first.length));
}
