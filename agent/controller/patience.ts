import * as z from 'zod';

const Seconds = z.number().nonnegative();
const Fraction = z.number().min(0).max(1);

/**
 * Every figure of the protocol's "Patience, in numbers", in seconds; `enrolment.patience` of conjurer.yaml may override
 * each. `Patience.parse({})` gives the protocol's own. (The first-boot splay is `enrolment.splaySeconds`.)
 */
export const Patience = z.strictObject({
  /** Class retry: max(floor, U(0, min(cap, base·2ⁿ))). */
  backoff: z
    .strictObject({
      floorSeconds: Seconds.default(1),
      baseSeconds: Seconds.default(5),
      capSeconds: Seconds.default(300),
    })
    .prefault({}),
  /** The longest that a Retry-After is honoured: from the Controller itself, and from anything in between. */
  retryAfter: z
    .strictObject({ controllerCapSeconds: Seconds.default(900), otherCapSeconds: Seconds.default(60) })
    .prefault({}),
  /** Retries are paid for: so many at once, then one each refill. */
  budget: z.strictObject({ tokens: z.int().positive().default(20), refillSeconds: Seconds.default(30) }).prefault({}),
  /** Class wait: `first` for so long, then `later` for ever; each ± spread. */
  wait: z
    .strictObject({
      firstSeconds: Seconds.default(300),
      firstForSeconds: Seconds.default(3600),
      laterSeconds: Seconds.default(1800),
      spread: Fraction.default(0.5),
    })
    .prefault({}),
  /** Waiting for approval: long-polls, or plain polls where something in between does not let them live. */
  poll: z
    .strictObject({
      waitSeconds: Seconds.default(50),
      /** A long-poll that ends in 304 or 504 before this was cut short by something in between. */
      earlySeconds: Seconds.default(5),
      earlyEnds: z.int().positive().default(2),
      firstSeconds: Seconds.default(30),
      firstForSeconds: Seconds.default(3600),
      laterSeconds: Seconds.default(300),
      slowSeconds: Seconds.default(1800),
      slowAfterSeconds: Seconds.default(96 * 3600),
      spread: Fraction.default(0.5),
    })
    .prefault({}),
  /** `longPollExtra` and the wait together replace headers and call for a long-poll. */
  timeouts: z
    .strictObject({
      connectSeconds: Seconds.default(10),
      tlsSeconds: Seconds.default(10),
      headersSeconds: Seconds.default(30),
      callSeconds: Seconds.default(60),
      longPollExtraSeconds: Seconds.default(15),
    })
    .prefault({}),
  /** The next of the controllerUrls is taken after so many failures in a row. */
  rotateAfterFailures: z.int().positive().default(2),
});
export type Patience = z.infer<typeof Patience>;

export const defaultPatience: Patience = Patience.parse({});
