import { z } from 'zod';

/** Which requests a fault meets; without any of these, all of the agents' and operators'. */
const Aim = {
  /** Ends by itself after so many times. */
  count: z.int().positive().optional(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
  /** A regular expression that the path, with its query, must fit. */
  path: z.string().optional(),
  /** 0 to 1. */
  probability: z.number().min(0).max(1).optional(),
};

/** A fault of the reference Controller, as it is switched on. */
export const FaultSpec = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('latency'), milliseconds: z.int().positive().default(2000), ...Aim }),
  z.object({ kind: z.literal('maintenance'), retryAfter: z.int().nonnegative().nullable().default(30), ...Aim }),
  z.object({ kind: z.literal('html'), status: z.union([z.literal(200), z.literal(502)]).default(502), ...Aim }),
  z.object({ kind: z.literal('cut-body'), ...Aim }),
  z.object({ kind: z.literal('stalled-body'), ...Aim }),
  z.object({ kind: z.literal('stalled-headers'), ...Aim }),
  z.object({ kind: z.literal('lost-answer'), ...Aim }),
  z.object({ kind: z.literal('redirect'), location: z.string().default('https://elsewhere.invalid/'), ...Aim }),
  z.object({
    kind: z.literal('oversized-body'),
    bytes: z
      .int()
      .positive()
      .default(2 * 1024 * 1024),
    ...Aim,
  }),
  z.object({
    kind: z.literal('gzip-bomb'),
    bytes: z
      .int()
      .positive()
      .default(64 * 1024 * 1024),
    ...Aim,
  }),
  z.object({
    kind: z.literal('unknown-problem'),
    status: z.int().min(400).max(599).default(409),
    class: z.enum(['retry', 'wait', 'terminal']).default('wait'),
    code: z.string().default('moon_phase_unsuitable'),
    ...Aim,
  }),
  z.object({ kind: z.literal('hostile-retry-after'), value: z.string().default('99999999999'), ...Aim }),
  z.object({
    kind: z.literal('wrong-jws'),
    wrong: z.enum(['signature', 'kid', 'alg-none', 'aud', 'nonce', 'generation', 'typ', 'cut']).default('signature'),
    ...Aim,
  }),
  z.object({ kind: z.literal('revoked-bootstrap'), ...Aim }),
  z.object({ kind: z.literal('expired-server-certificate') }),
  z.object({ kind: z.literal('foreign-server-certificate') }),
  z.object({ kind: z.literal('clock-skew'), seconds: z.int() }),
]);
export type FaultSpec = z.infer<typeof FaultSpec>;
export type FaultInput = z.input<typeof FaultSpec>;
export type FaultKind = FaultSpec['kind'];

/** These are about the server as a whole, not about single requests. */
export type StandingFault = Extract<
  FaultSpec,
  { kind: 'expired-server-certificate' | 'foreign-server-certificate' | 'clock-skew' }
>;
export type AimedFault = Exclude<FaultSpec, StandingFault>;

export function isAimed(spec: FaultSpec): spec is AimedFault {
  return !['expired-server-certificate', 'foreign-server-certificate', 'clock-skew'].includes(spec.kind);
}

/** A fault that is on, and how often it struck. */
export const Fault = z.object({ id: z.string(), spec: FaultSpec, struck: z.int() });
export type Fault = z.infer<typeof Fault>;
