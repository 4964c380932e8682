import { AgentError } from '../../../bootstrap/errors.ts';
import type { CliCommand } from '../invocation.ts';
import { needsRoot } from '../needs-root.ts';

export const validateCommand: CliCommand = {
  name: 'validate',
  summary: 'compare what the image should hold with what is here',
  define: command =>
    command
      .option('--quick', 'read only files that may have changed since they were last read')
      .option('--deep', 'look into archives and the image store too, and ask programs for their version')
      .option('--repair', 'mend what can be mended from what is on this disk; nothing is fetched'),
  async run(invocation) {
    const { json, options, render, root, signal } = invocation;
    if (options.quick === true && options.deep === true) {
      throw new AgentError('E_USAGE', '--quick and --deep exclude each other', { next: 'conjurer validate' });
    }
    const depth = options.quick === true ? 'quick' : options.deep === true ? 'deep' : 'full';
    const repair = options.repair === true;
    if (repair) needsRoot('validate --repair', root);
    const begun = repair ? null : await invocation.beginValidation(depth);
    await begun?.underway;
    const { validationText } = await import('../validation-text.ts');
    const { showHashing } = await import('../hashing-progress.ts');
    const { agent } = await invocation.openAgentAnyway();
    const progress = await showHashing(agent.events, invocation);
    const report = await progress.during(() => agent.validate({ depth, repair, begun }, signal));
    if (json) render.object({ ...report });
    else render.text(validationText(report, render.style));
    return report.verdict === 'ok' ? 0 : 5;
  },
};
