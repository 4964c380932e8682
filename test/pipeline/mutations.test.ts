import { expect, test } from 'vitest';
import type { Cut, Survives } from '../support/power-cut-disk.ts';
import { mutations } from './mutations.ts';
import { scenarios } from './scenarios.ts';
import { everyCut, faultAfter, uninterrupted } from './sweep.ts';
import type { Mutation } from './synthetic.ts';

for (const [name, { shows, during, ...mutation }] of Object.entries(mutations)) {
  test(`the sweep finds: ${name}`, { timeout: 300_000 }, async () => {
    expect(await firstFault(mutation, during)).toMatch(shows);
  });
}

test('the same sweep finds nothing in the real pipeline', { timeout: 300_000 }, async () => {
  for (const { name } of scenarios) expect(await firstFault({}, name, 12)).toBeNull();
});

/**
 * What the sweep of power-cut.test.ts says first of this scenario, hopping through its cuts, since that comes to the
 * damage soonest. `limit` ends it after so many cuts.
 */
async function firstFault(mutation: Mutation, during: string, limit?: number): Promise<string | null> {
  const scenario = scenarios.find(({ name }) => name === during);
  if (scenario === undefined) throw new Error(`there is no scenario ${during}`);
  const reference = await uninterrupted(scenario);
  for (const cut of hopping(everyCut(reference)).slice(0, limit)) {
    for (const survives of ['nothing', 'names', 'kill', cut.step] satisfies Survives[]) {
      const fault = await faultAfter(scenario, [{ cut, survives }], reference, mutation);
      if (fault !== null) return `${cut.when} step ${cut.step}, surviving ${survives}: ${fault}`;
    }
  }
  return null;
}

/** Each once, in hops. */
function hopping(cuts: readonly Cut[]): readonly Cut[] {
  const hop = 17;
  return Array.from({ length: hop }, (_, first) => cuts.filter((_cut, index) => index % hop === first)).flat();
}
