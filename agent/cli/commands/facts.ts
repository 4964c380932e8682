import { AgentError } from '../../../bootstrap/errors.ts';
import type { CliCommand } from '../invocation.ts';

export const factsCommand: CliCommand = {
  name: 'facts',
  summary: 'what would be sent to the Controller about this machine, exactly',
  define: command => command.option('--yaml', 'as YAML'),
  async run({ json, options, openAgentAnyway, render, signal }) {
    if (json && options.yaml === true) {
      throw new AgentError('E_USAGE', '--json and --yaml exclude each other', { next: 'conjurer facts --json' });
    }
    const { agent } = await openAgentAnyway();
    const facts = await agent.facts(signal);
    if (json) render.object(facts);
    else {
      const { stringify } = await import('yaml');
      render.text(stringify(facts).trimEnd());
    }
    return 0;
  },
};
