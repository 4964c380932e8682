import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { Controller } from '../controller/controller.ts';
import type { Credentials } from '../controller/credentials/open-credentials.ts';
import { createHttpController } from '../controller/http-controller.ts';
import type { Patience } from '../controller/patience.ts';
import type { ProxyConfig } from '../controller/proxy.ts';
import { persist } from '../controller/retry.ts';
import type { RetryBudget } from '../controller/retry-budget.ts';
import { fetchSignedTime, type SignedTimeOptions } from '../controller/signed-time.ts';
import type { ClientIdentity } from '../controller/tls.ts';
import type { EventBus } from '../pipeline/events.ts';
import { readNodeIdentity } from './identity-store.ts';
import { showRetry } from './show-retry.ts';
import type { State, Trust } from './state.ts';
import type { TimeKeeper } from './time-keeper.ts';
import { rfc3339 } from './time-text.ts';

/** The way to the Controller as it is meant now: whom to trust, as whom to call, through which proxy, how patiently. */
export interface Link {
  readonly patience: Patience;
  /** What is pinned: on disk once this machine has begun to register, in the credentials before. */
  trust(): Promise<Trust>;
  /** Writes what the credentials pin to disk, since the credentials are removed later. */
  pinTrust(): Promise<void>;
  /** One call, repeated by the rules of its errors. Where this is a plan, asked once only. */
  ask<T>(name: string, operation: (controller: Controller) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** The trust, the proxy or the identity has changed: what comes next is a new connection. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export interface LinkParts {
  readonly host: Host;
  readonly state: State;
  readonly bus: EventBus;
  readonly time: TimeKeeper;
  readonly patience: Patience;
  readonly budget: RetryBudget;
  readonly patient: boolean;
  readonly wait: boolean;
  /** The Controller may be unreachable for this long; Infinity: for ever. */
  readonly giveUpAfterMs: number;
  /** Aborted: every call and every wait ends with its reason. */
  readonly signal: AbortSignal;
  /** Opens the inputs. Throws what openCredentials and readInput throw. */
  openCredentials(): Promise<Credentials>;
  /** The proxy in force: signed configuration before conjurer.yaml. */
  proxy(): Promise<ProxyConfig | null>;
}

export function createLink(parts: LinkParts): Link {
  const { host, state, patience } = parts;
  let credentials: Promise<Credentials> | null = null;
  let controller: Promise<Controller> | null = null;

  const open = () => {
    credentials ??= patiently('open the credentials', parts.openCredentials, parts.signal, async () => undefined);
    return credentials;
  };

  async function trust(): Promise<Trust> {
    if ((await state.node.read()) !== null) {
      const pinned = await state.trust.read();
      if (pinned !== null) return pinned;
    }
    return trustOf(await open());
  }

  async function connect(): Promise<Controller> {
    const { controllerUrls, cas, issuedAt } = await trust();
    await parts.time.settle(new Date(issuedAt), parts.signal);
    const node = await readNodeIdentity(host.files, state);
    const bootstrap = node === null ? bootstrapIdentity(await open()) : null;
    const [first, ...more] = controllerUrls;
    if (first === undefined) throw new Error('the trust was parsed with at least one address');
    return createHttpController({
      urls: [first, ...more],
      cas,
      identity: role => (role === 'node' ? node : bootstrap),
      proxy: await parts.proxy(),
      patience,
      clock: host.clock,
      signal: parts.signal,
    });
  }

  /** A connection that could not be prepared is prepared again at the next call. */
  function connected(): Promise<Controller> {
    controller ??= connect().catch((error: unknown) => {
      controller = null;
      throw error;
    });
    return controller;
  }

  async function refresh(): Promise<void> {
    const before = controller;
    controller = null;
    await (await before?.catch(() => null))?.close();
  }

  /** An admin may have replaced the files in place; while they are being copied, the old ones go on. */
  async function readInputsAgain(): Promise<void> {
    if (credentials === null) return;
    const fresh = await parts.openCredentials().catch(() => null);
    if (fresh !== null) credentials = Promise.resolve(fresh);
    await refresh();
  }

  async function patiently<T>(
    name: string,
    operation: () => Promise<T>,
    signal: AbortSignal,
    onSlowRetry: () => Promise<void>,
  ): Promise<T> {
    if (!parts.patient) return operation();
    const waits = new Map<string, Date>();
    const result = await persist(operation, {
      patience,
      clock: host.clock,
      budget: parts.budget,
      signal,
      giveUpAfterMs: parts.giveUpAfterMs,
      onRetry: retry => showRetry(parts, name, retry, waits),
      onSlowRetry,
    });
    if (waits.size > 0) parts.bus.emit({ type: 'wait-ended' });
    return result;
  }

  async function attempt<T>(operation: (controller: Controller) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await operation(await connected());
    } catch (error) {
      if (!isClock(error) || !parts.patient) throw error;
      const pinned = await trust();
      const proxy = await parts.proxy();
      await parts.time.repair(error, () => askSignedTime(pinned, { proxy, patience, clock: host.clock, signal }));
      await refresh();
      return operation(await connected());
    }
  }

  return {
    patience,
    trust,
    refresh,
    close: refresh,
    async pinTrust() {
      await state.trust.write(trustOf(await open()));
    },
    ask: (name, operation, signal) => patiently(name, () => attempt(operation, signal), signal, readInputsAgain),
  };
}

/** Call 11, of the first of the Controller's addresses that gives it. */
export async function askSignedTime(
  { controllerUrls, cas, configKeys }: Pick<Credentials, 'controllerUrls' | 'cas' | 'configKeys'>,
  way: Omit<SignedTimeOptions, 'url' | 'cas' | 'configKeys'>,
): Promise<Date> {
  let failure: unknown;
  for (const url of controllerUrls) {
    try {
      return await fetchSignedTime({ ...way, url, cas, configKeys });
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

function trustOf(credentials: Credentials): Trust {
  const { clusterId, bootstrapId, controllerUrls, cas, configKeys, ntp, issuedAt } = credentials;
  return {
    clusterId,
    bootstrapId,
    controllerUrls: [...controllerUrls],
    cas: [...cas],
    configKeys: [...configKeys],
    ntp: [...ntp],
    issuedAt: rfc3339(issuedAt),
  };
}

/** The certificate that only opens the door to register. */
export function bootstrapIdentity(credentials: Credentials): ClientIdentity {
  return {
    key: Buffer.from(credentials.key.export({ type: 'pkcs8', format: 'pem' })),
    cert: Buffer.from(credentials.leafPem),
  };
}

function isClock(error: unknown): error is AgentError {
  return error instanceof AgentError && error.code === 'E_CLOCK_WRONG';
}
