import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scenarios } from './scenarios.ts';
import { everyCut, faultAfter, type Interruption, uninterrupted } from './sweep.ts';

const runs = Number(process.env.CONJURER_TEST_RUNS ?? 250);

for (const scenario of scenarios) {
  test(`${scenario.name}: cut again while it resumes, it ends as if it had not been`, {
    timeout: 300_000,
  }, async () => {
    const reference = await uninterrupted(scenario);
    const interruption: fc.Arbitrary<Interruption> = fc.record({
      cut: fc.constantFrom(...everyCut(reference)),
      survives: fc.oneof(fc.constantFrom('kill', 'nothing', 'names', 'everything'), fc.nat()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(interruption, { minLength: 2, maxLength: 4 }), async interruptions => {
        expect(await faultAfter(scenario, interruptions, reference)).toBeNull();
      }),
      { numRuns: runs },
    );
  });
}
