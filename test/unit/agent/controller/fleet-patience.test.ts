import { expect, test } from 'vitest';
import { Patience } from '../../../../agent/controller/patience.ts';
import { persist } from '../../../../agent/controller/retry.ts';
import { createRetryBudget } from '../../../../agent/controller/retry-budget.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';
import { createMemoryFiles } from '../../../support/memory-files.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

/**
 * The evidence behind the protocol's figures: 1,000 agents switched on within 10 s make five calls each to a Controller
 * that serves 20 requests/s and refuses the rest. The agents run the real `persist` and the real budget.
 */
const AGENTS = 1000;
const CALLS = 5;
const SERVED_PER_SECOND = 20;

interface Policy {
  readonly patience: Patience;
  readonly splaySeconds: number;
  /** What the Controller says with a refusal. */
  readonly retryAfter: number | null;
}

const free = { budget: { tokens: 1_000_000, refillSeconds: 0 } };
const splayed: Policy = { patience: Patience.parse({}), splaySeconds: 60, retryAfter: 30 };
const fixed: Policy = {
  patience: Patience.parse({ ...free, backoff: { floorSeconds: 15, baseSeconds: 0, capSeconds: 0 } }),
  splaySeconds: 0,
  retryAfter: null,
};
const fullJitter: Policy = {
  patience: Patience.parse({ ...free, backoff: { floorSeconds: 0, baseSeconds: 1, capSeconds: 60 } }),
  splaySeconds: 0,
  retryAfter: null,
};

test('the peak of a fleet at power-on is far below that of a fixed delay and of plain full jitter', async () => {
  const peaks = {
    splayed: await peakOf(splayed),
    fixed: await peakOf(fixed),
    fullJitter: await peakOf(fullJitter),
  };
  expect(peaks.splayed.done).toBe(AGENTS);
  expect(peaks.splayed.perSecond).toBeLessThanOrEqual(60);
  expect(peaks.fixed.perSecond).toBeGreaterThanOrEqual(120);
  expect(peaks.fullJitter.perSecond).toBeGreaterThanOrEqual(400);
  expect(peaks.fixed.perSecond / peaks.splayed.perSecond).toBeGreaterThan(2.5);
  expect(peaks.fullJitter.perSecond / peaks.splayed.perSecond).toBeGreaterThan(8);
});

async function peakOf({ patience, splaySeconds, retryAfter }: Policy) {
  const clock = createVirtualClock();
  const random = mulberry32(1);
  const requests: number[] = [];
  let done = 0;

  const call = async () => {
    const second = Math.floor(clock.monotonicMs() / 1000);
    requests[second] = (requests[second] ?? 0) + 1;
    if (requests[second] <= SERVED_PER_SECOND) return;
    throw new AgentError('E_RATE_LIMITED', 'too many requests', {
      retry: { class: 'retry', retryAfterSeconds: retryAfter, authenticated: true },
    });
  };
  const agent = async () => {
    await clock.sleep(1000 * (10 * random() + splaySeconds * random()));
    const budget = await createRetryBudget(createMemoryFiles(), '/budget', clock, patience);
    for (let i = 0; i < CALLS; i++) await persist(call, { patience, clock, budget, random });
    done++;
  };
  const agents = Promise.all(Array.from({ length: AGENTS }, agent));
  await clock.run(3600 * 1000);
  if (done === AGENTS) await agents;
  return { perSecond: Math.max(...requests.filter(count => count !== undefined)), done };
}

/** A small generator with a seed, so that the run is the same each time. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
