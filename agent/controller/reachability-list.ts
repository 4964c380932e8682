import { AgentError } from '../../bootstrap/errors.ts';
import type { CheckResult } from './protocol.ts';

/** The checks, from the lowest layer up; `required` and `why` hold for every result. */
const CHECKS = {
  'controller-name': {
    title: 'the name of the Controller resolves',
    required: 'at least one address',
    why: 'without an address nothing can be sent to the Controller; through a proxy, the name of the proxy counts',
  },
  'controller-address': {
    title: 'this machine has a route to the Controller',
    required: 'a route to one of the addresses',
    why: 'the kernel must know which interface leads there',
  },
  'controller-tcp': {
    title: 'the Controller accepts TCP connections',
    required: 'a TCP connection',
    why: 'a firewall on the way, a wrong port or a Controller that is down ends here',
  },
  'controller-proxy': {
    title: 'the proxy opens a way to the Controller',
    required: 'CONNECT answered with success',
    why: 'the configuration says that the Controller is reached through this proxy',
  },
  'controller-tls': {
    title: 'the server is the Controller of these credentials',
    required: 'TLS 1.3, a certificate for this name from the CA in the credentials',
    why: 'a proxy that intercepts TLS or a captive portal presents a certificate of its own here',
  },
  'controller-mtls': {
    title: 'the Controller accepts the certificate of this machine',
    required: 'an HTTP answer other than 401 or 403',
    why: 'something that ends TLS before the Controller drops the client certificate; revoked or expired ones are refused',
  },
  'controller-http': {
    title: 'the Controller answers in its protocol',
    required: 'HTTP 200 with the JSON of call 0',
    why: 'HTML or a redirect comes from a proxy, a load balancer or a captive portal, not from the Controller',
  },
  'time-skew': {
    title: 'the clock agrees with the Controller',
    required: 'at most 5 s of difference, never more than 60 s',
    why: 'certificates are valid by the clock',
  },
} as const satisfies Record<string, { title: string; required: string; why: string }>;
export type CheckId = keyof typeof CHECKS;

/** What a check saw. Only `fail` (an AgentError thrown, too) holds up the checks above it. */
export interface Finding<T> {
  readonly value: T;
  readonly observed: string;
  /** Default `pass`. */
  readonly status?: CheckResult['status'];
  readonly fix?: string;
}

/** Results in the order of the checks. */
export interface CheckList {
  readonly results: readonly CheckResult[];
  /** Runs one check, or skips it when an earlier one failed. Null where there is no value to go on with. */
  check<T>(id: CheckId, work: () => Promise<Finding<T>>): Promise<T | null>;
}

export function createCheckList(monotonicMs: () => number): CheckList {
  const results: CheckResult[] = [];
  let failed: CheckId | null = null;

  return {
    results,
    async check(id, work) {
      if (failed !== null) {
        results.push(resultOf(id, { status: 'skip', observed: `not tried, since ${failed} failed` }, 0));
        return null;
      }
      const startedMs = monotonicMs();
      const { value, ...seen } = await work().catch(failureOf);
      results.push(resultOf(id, { status: 'pass', ...seen }, monotonicMs() - startedMs));
      if (seen.status !== 'fail') return value;
      failed = id;
      return null;
    },
  };
}

type Seen = { status: CheckResult['status']; observed: string; required?: string; fix?: string };

function resultOf(id: CheckId, { status, observed, required, fix }: Seen, durationMs: number): CheckResult {
  const { title, why, ...usual } = CHECKS[id];
  return {
    id,
    title,
    phase: 'network',
    status,
    observed,
    required: required ?? usual.required,
    why,
    fix: status === 'fail' || status === 'warn' ? (fix ?? null) : null,
    durationMs: Math.max(0, Math.round(durationMs)),
  };
}

function failureOf(error: unknown): Seen & { value: null } {
  if (!(error instanceof AgentError)) throw error;
  const { message, seen, wanted, next } = error;
  const observed = seen === undefined ? message : `${message}: ${seen}`;
  return { value: null, status: 'fail', observed, fix: next, ...(wanted === undefined ? {} : { required: wanted }) };
}
