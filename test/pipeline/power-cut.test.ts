import { expect, test } from 'vitest';
import type { Survives } from '../support/power-cut-disk.ts';
import { scenarios } from './scenarios.ts';
import { everyCut, faultAfter, uninterrupted } from './sweep.ts';

for (const scenario of scenarios) {
  test(`${scenario.name}: cut at every step, it ends as if it had not been`, { timeout: 300_000 }, async () => {
    const reference = await uninterrupted(scenario);
    expect(reference.steps.length).toBeGreaterThan(20);
    const faults: string[] = [];
    for (const cut of everyCut(reference)) {
      for (const survives of ['nothing', 'names', 'kill', cut.step] satisfies Survives[]) {
        const fault = await faultAfter(scenario, [{ cut, survives }], reference);
        if (fault !== null) faults.push(`${cut.when} step ${cut.step}, surviving: ${survives}: ${fault}`);
      }
    }
    expect(faults.slice(0, 3)).toEqual([]);
  });
}
