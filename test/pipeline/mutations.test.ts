import { expect, test } from 'vitest';
import type { Survives } from '../support/power-cut-disk.ts';
import { mutations } from './mutations.ts';
import { scenarios } from './scenarios.ts';
import { everyCut, faultAfter, uninterrupted } from './sweep.ts';
import type { Mutation } from './synthetic.ts';

for (const [name, { shows, ...mutation }] of Object.entries(mutations)) {
  test(`the sweep finds: ${name}`, async () => {
    expect(await firstFault(mutation)).toMatch(shows);
  });
}

test('the sweep finds nothing in the real pipeline where it finds the mutations', async () => {
  expect(await firstFault({}, 40)).toBeNull();
});

/** What the sweep of power-cut.test.ts says first; `limit` ends it after so many cuts of each scenario. */
async function firstFault(mutation: Mutation, limit = Number.POSITIVE_INFINITY): Promise<string | null> {
  for (const scenario of scenarios) {
    const reference = await uninterrupted(scenario);
    for (const cut of everyCut(reference).slice(0, limit)) {
      for (const survives of ['nothing', 'names', 'kill', cut.step] satisfies Survives[]) {
        const fault = await faultAfter(scenario, [{ cut, survives }], reference, mutation);
        if (fault !== null) return `${scenario.name}, ${cut.when} step ${cut.step}, surviving ${survives}: ${fault}`;
      }
    }
  }
  return null;
}
