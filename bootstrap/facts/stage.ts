import { AgentError } from '../errors.ts';
import type { Stage } from '../stage.ts';
import { gatherFacts } from './gather.ts';

/** The first stage: it changes nothing, and its output is what this machine is. */
export const factsStage: Stage<'facts', never> = {
  name: 'facts',
  needs: [],
  onFailure: 'keep',
  plan: async () => [],
  verify: async ({ host, signal }) => {
    const facts = await gatherFacts(host, signal);
    if (facts.bootId !== null) return facts;
    // Without it activation cannot tell a restart from a copy of the disk that runs at the same time.
    throw new AgentError('E_FACTS_MISSING', 'the boot id of this machine cannot be read', {
      seen: facts.missing.find(one => one.field === 'bootId')?.why ?? 'nothing',
      wanted: 'a UUID in /proc/sys/kernel/random/boot_id',
    });
  },
};
