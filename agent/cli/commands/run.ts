import type { CliCommand } from '../invocation.ts';
import { needsRoot } from '../needs-root.ts';
import { selectionOf, withInputOptions, withPatienceOptions, withStageOptions } from '../options.ts';

export const runCommand: CliCommand = {
  name: 'run',
  summary: 'take this machine to hand-off, going on from where it stands',
  details:
    'Takes this machine through the stages to hand-off. What holds already is only proved, so it can be typed again at any time; after Ctrl-C, a reboot or a power cut it goes on from where the machine stands. Needs root.',
  define: command =>
    withPatienceOptions(withStageOptions(withInputOptions(command))).option(
      '--no-splay',
      'skip the random wait of a first start',
    ),
  async run(invocation) {
    const { json, options, render, root, signal } = invocation;
    const selection = selectionOf(invocation);
    needsRoot('run', root);
    const { showProgress } = await import('../progress.ts');
    const agent = await invocation.openAgent();
    const progress = await showProgress(agent.events, invocation);
    const { handedOff } = await progress.during(() =>
      agent.run(
        {
          ...selection,
          wait: options.wait !== false,
          splay: options.splay !== false,
          removeInputs: options.keepInputs !== true,
        },
        signal,
      ),
    );
    if (json) render.object({ schema: 'conjurer.run/v1', handedOff });
    else
      render.text(
        handedOff
          ? 'Handed off: the Controller manages this machine.'
          : render.hint('Done as far as was asked. Next: conjurer status'),
      );
    return 0;
  },
};
