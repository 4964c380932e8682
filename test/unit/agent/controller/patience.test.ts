import { expect, test } from 'vitest';
import { defaultPatience, Patience } from '../../../../agent/controller/patience.ts';

test('left out, every figure is the protocol page’s', () => {
  expect(defaultPatience).toEqual({
    backoff: { floorSeconds: 1, baseSeconds: 5, capSeconds: 300 },
    retryAfter: { controllerCapSeconds: 900, otherCapSeconds: 60 },
    budget: { tokens: 20, refillSeconds: 30 },
    wait: { firstSeconds: 300, firstForSeconds: 3600, laterSeconds: 1800, spread: 0.5 },
    poll: {
      waitSeconds: 50,
      earlySeconds: 5,
      earlyEnds: 2,
      firstSeconds: 30,
      firstForSeconds: 3600,
      laterSeconds: 300,
      slowSeconds: 1800,
      slowAfterSeconds: 345_600,
      spread: 0.5,
    },
    timeouts: { connectSeconds: 10, tlsSeconds: 10, headersSeconds: 30, callSeconds: 60, longPollExtraSeconds: 15 },
    rotateAfterFailures: 2,
  });
});

test('one figure can be overridden by itself', () => {
  const patience = Patience.parse({ backoff: { capSeconds: 2 } });
  expect(patience).toEqual({ ...defaultPatience, backoff: { floorSeconds: 1, baseSeconds: 5, capSeconds: 2 } });
});

test.each([{ backof: {} }, { backoff: { cap: 1 } }, { backoff: { capSeconds: -1 } }, { budget: { tokens: 0 } }])(
  '%j is refused',
  value => {
    expect(Patience.safeParse(value).success).toBe(false);
  },
);
