import { createHash } from 'node:crypto';
import { AgentError } from '../../bootstrap/errors.ts';
import { type Answer, unpack } from './answer.ts';
import { type Dialing, dial } from './dial.ts';
import { type Exchange, type Lane, openLane } from './lane.ts';
import { unreachable } from './network-error.ts';
import { createRotation } from './rotation.ts';
import { within } from './time-limit.ts';
import type { ClientIdentity } from './tls.ts';

export type Role = 'bootstrap' | 'node';

export interface TransportOptions extends Dialing {
  /** 1 to 4 of https://host[:port]. */
  readonly urls: readonly [string, ...string[]];
  /** The pinned CAs, PEM. */
  readonly cas: readonly string[];
  /**
   * The certificate to show as that role, null where there is none. Asked before every call: when it gives another one,
   * as after a renewal or when the credentials were replaced, connections made with the old one are closed.
   */
  readonly identity: (role: Role) => ClientIdentity | null | Promise<ClientIdentity | null>;
  /** Aborted: every call under way rejects with its reason. */
  readonly signal?: AbortSignal;
}

export interface TransportCall extends Omit<Exchange, 'headersMs'> {
  readonly role: Role;
  /** Of a long-poll: how long the Controller may hold the answer back. Replaces both time limits; else 0. */
  readonly waitSeconds: number;
}

export interface Transport {
  /**
   * One attempt over a verified connection to the Controller, new or kept alive. `read` is given any whole answer of at
   * most 1 MiB, whatever its status, and returns or throws what it means. Throws what `dial` and `Lane.send` throw too.
   */
  send<T>(call: TransportCall, read: (answer: Answer) => T): Promise<T>;
  /** Ends every connection, those in use too. */
  close(): Promise<void>;
}

interface Kept {
  readonly lane: Lane;
  readonly role: Role;
  /** Address and identity that it was opened for. */
  readonly key: string;
}

export function createTransport(options: TransportOptions): Transport {
  const { timeouts, rotateAfterFailures } = options.patience;
  const [first, ...more] = options.urls;
  const rotation = createRotation([new URL(first), ...more.map(url => new URL(url))], rotateAfterFailures);
  const used = new Set<Kept>();
  let idle: Kept[] = [];

  return {
    async send({ waitSeconds, ...call }, read) {
      const url = rotation.current;
      const longPollSeconds = waitSeconds > 0 ? waitSeconds + timeouts.longPollExtraSeconds : null;
      const callMs = 1000 * (longPollSeconds ?? timeouts.callSeconds);
      const headersMs = 1000 * (longPollSeconds ?? timeouts.headersSeconds);
      try {
        const answer = await within(
          callMs,
          options.signal,
          () => unfinished(callMs),
          async (signal, again) => unpack(await exchange(url, timed(call, headersMs, again), signal)),
        );
        const result = read(answer);
        rotation.succeeded();
        return result;
      } catch (error) {
        if (error instanceof AgentError && error.retry?.authenticated === true) rotation.succeeded();
        else rotation.failed(url);
        throw error;
      }
    },
    async close() {
      const closing = [...idle, ...used];
      idle = [];
      used.clear();
      await Promise.all(closing.map(({ lane }) => lane.close()));
    },
  };

  async function exchange(url: URL, { role, ...request }: Exchange & { readonly role: Role }, signal: AbortSignal) {
    const kept = await take(role, url, signal);
    used.add(kept);
    try {
      const answer = await kept.lane.send(request, signal);
      if (used.has(kept) && kept.lane.open) idle.push(kept);
      return answer;
    } finally {
      used.delete(kept);
    }
  }

  async function take(role: Role, url: URL, signal: AbortSignal): Promise<Kept> {
    const identity = await options.identity(role);
    const key = `${url.origin} ${identity === null ? '' : digest(identity)}`;
    const stale = idle.filter(kept => !kept.lane.open || (kept.role === role && kept.key !== key));
    idle = idle.filter(kept => !stale.includes(kept));
    for (const { lane } of stale) void lane.close();
    const index = idle.findIndex(kept => kept.role === role && kept.key === key);
    const [ready] = index < 0 ? [] : idle.splice(index, 1);
    if (ready !== undefined) return ready;
    const socket = await dial(url, options.cas, identity, options, signal);
    return { lane: openLane(socket, url.origin, identity !== null), role, key };
  }
}

/** A body that is streamed may take as long as it gets on: each piece that goes out begins the call's time anew. */
function timed(
  call: Omit<TransportCall, 'waitSeconds'>,
  headersMs: number,
  again: () => void,
): Exchange & { readonly role: Role } {
  const { body } = call;
  if (body === null || typeof body === 'string') return { ...call, headersMs };
  return { ...call, body: watched(body, again), headersMs: null };
}

async function* watched(body: AsyncIterable<Uint8Array>, again: () => void): AsyncIterable<Uint8Array> {
  for await (const piece of body) {
    again();
    yield piece;
  }
  again();
}

function digest({ key, cert }: ClientIdentity): string {
  return createHash('sha256').update(cert).update(key).digest('hex');
}

function unfinished(ms: number): Error {
  return unreachable('http', `the call was not finished within ${ms / 1000} s`, {
    seen: 'a connection or an answer that stalls',
    wanted: `a whole answer within ${ms / 1000} s`,
    data: { timedOut: true },
  });
}
