import type { Scenario } from './sweep.ts';

/** Everything that a run or a revert can go through on the synthetic stages. */
export const scenarios: readonly Scenario[] = [
  { name: 'first run', prepare: [], act: { generation: 1 } },
  { name: 'run with a new configuration', prepare: [{ generation: 1 }], act: { generation: 2 } },
  { name: 'first run, a stage that reverts fails', prepare: [], act: { generation: 1, failing: 'configure' } },
  {
    name: 'new configuration, a stage that reverts fails',
    prepare: [{ generation: 1 }],
    act: { generation: 2, failing: 'configure' },
  },
  { name: 'first run, a stage that keeps fails', prepare: [], act: { generation: 1, failing: 'handoff' } },
  { name: 'revert', prepare: [{ generation: 1 }, { generation: 2 }], act: 'revert' },
];
