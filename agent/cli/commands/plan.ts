import type { CliCommand } from '../invocation.ts';
import { selectionOf, withInputOptions, withStageOptions } from '../options.ts';

export const planCommand: CliCommand = {
  name: 'plan',
  summary: 'the changes that run would make, as a diff; changes nothing',
  define: command => withStageOptions(withInputOptions(command)),
  async run(invocation) {
    const { json, render, signal } = invocation;
    const selection = selectionOf(invocation);
    const { planObject, planText } = await import('../plan-text.ts');
    const agent = await invocation.openAgent();
    const plans = await agent.plan(selection, signal);
    if (json) render.object(planObject(plans, render.hint));
    else render.text(planText(plans, render.style, render.hint));
    return 0;
  },
};
