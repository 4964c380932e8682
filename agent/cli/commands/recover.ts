import { Option } from 'commander';
import type { StageName } from '../../../bootstrap/stage.ts';
import { stageOrder } from '../../pipeline/stages.ts';
import type { CliCommand } from '../invocation.ts';
import { needsRoot } from '../needs-root.ts';
import { withInputOptions, withPatienceOptions, withStageNames } from '../options.ts';

export const recoverCommand: CliCommand = {
  name: 'recover',
  summary: 'clear what blocks, keep what holds, and run again; says what it will do and asks',
  details:
    'For a machine that run does not bring on. Sets damaged state aside, makes a new identity where the old one is over, forgets used-up retries, and runs. Says first what it will do, and asks. Needs root.',
  define: command =>
    withPatienceOptions(withStageNames(withInputOptions(command)))
      .addOption(new Option('--from <stage>', 'do this stage and the later ones anew').choices(stageOrder))
      .option('--new-identity', 'set the key of this machine aside and make a new one')
      .option('--ticket <file>', 'file with a recovery ticket, which spares the wait for approval')
      .option('--yes', 'do not ask'),
  async run(invocation) {
    const { json, options, render, root, signal } = invocation;
    needsRoot('recover', root);
    const { showProgress } = await import('../progress.ts');
    const agent = await invocation.openAgent();
    const recovery = {
      from: (options.from as StageName | undefined) ?? null,
      newIdentity: options.newIdentity === true,
      ticketFile: typeof options.ticket === 'string' ? options.ticket : null,
    };
    const steps = await agent.recoveryPlan(recovery);
    render.text('conjurer recover will do this:');
    for (const { title, why } of steps) render.text(`  - ${title}\n      ${render.style.dim(why)}`);
    if (options.yes !== true && !(await invocation.confirm('Go on?'))) {
      render.text('Nothing was changed.');
      return 0;
    }
    const progress = await showProgress(agent.events, invocation);
    const { handedOff } = await progress.during(() =>
      agent.recover(
        { ...recovery, wait: options.wait !== false, splay: false, removeInputs: options.keepInputs !== true },
        signal,
      ),
    );
    if (json) render.object({ schema: 'conjurer.recover/v1', steps, handedOff });
    else render.text(handedOff ? 'Recovered and handed off.' : render.hint('Recovered. Next: conjurer status'));
    return 0;
  },
};
