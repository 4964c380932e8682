import type { Readable } from 'node:stream';
import type { Problem } from '../../agent/controller/protocol.ts';
import { type ProblemCode, problemKinds, type Refusal } from './problems.ts';

/** What a call answers; `body` is ready to be sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | Readable | null;
  /** The code of a problem, for the request log. */
  readonly code?: string;
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

export function empty(status: number, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: null };
}

export function jose(compact: string, headers: Record<string, string> = {}): Answer {
  return { status: 200, headers: { 'content-type': 'application/jose', ...headers }, body: compact };
}

export function refusalAnswer(refusal: Refusal, requestId: string): Answer {
  return problem({ ...describe(refusal.code, refusal.message, requestId), ...refusal.held }, refusal.retryAfter);
}

/** Sends any problem, known to the protocol or not. */
export function problem(fields: Omit<Problem, 'retryAfter'>, retryAfter: number | null): Answer {
  const body: Problem = { ...fields, retryAfter };
  return {
    status: fields.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify(body),
    code: fields.code,
  };
}

function describe(code: ProblemCode, detail: string, requestId: string): Omit<Problem, 'retryAfter'> {
  const { status, title, class: problemClass } = problemKinds[code];
  return { type: `urn:conjurer:problem:${code}`, title, status, detail, code, class: problemClass, requestId };
}
