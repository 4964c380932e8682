import { Option } from 'commander';
import type { StageName } from '../../../bootstrap/stage.ts';
import { stageOrder } from '../../pipeline/stages.ts';
import type { CliCommand } from '../invocation.ts';
import { needsRoot } from '../needs-root.ts';
import { withStageNames } from '../options.ts';
import { revertObject, revertText } from '../revert-text.ts';

export const revertCommand: CliCommand = {
  name: 'revert',
  summary: 'undo what conjurer changed, newest first',
  details:
    'Undoes what conjurer changed on this machine, newest first, and lists what it undid and what it kept. Once the node is activated, what register and activate did stays: conjurer reset takes it back. Asks first. Needs root.',
  define: command =>
    withStageNames(command)
      .addOption(new Option('--stage <stage>', 'only what this stage changed').choices(stageOrder))
      .option('--yes', 'do not ask'),
  async run(invocation) {
    const { json, options, render, root, signal } = invocation;
    needsRoot('revert', root);
    const stage = (options.stage as StageName | undefined) ?? null;
    const { agent } = await invocation.openAgentAnyway();
    const what = stage === null ? 'everything that conjurer changed' : `what stage ${stage} changed`;
    if (options.yes !== true && !(await invocation.confirm(`Undo ${what} on this machine?`))) {
      render.text('Nothing was changed.');
      return 0;
    }
    const report = await agent.revert({ stage }, signal);
    if (json) render.object({ schema: 'conjurer.revert/v1', ...revertObject(report, render.hint) });
    else render.text(revertText(report, render.hint));
    return 0;
  },
};
