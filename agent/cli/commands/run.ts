import type { CliCommand } from '../invocation.ts';
import { needsRoot } from '../needs-root.ts';
import { selectionOf, wholeSeconds, withInputOptions, withStageOptions } from '../options.ts';

export const runCommand: CliCommand = {
  name: 'run',
  summary: 'take this machine to hand-off, going on from where it stands',
  define: command =>
    withStageOptions(withInputOptions(command))
      .option('--no-wait', 'end with status 20 instead of waiting for a person')
      .option('--no-splay', 'skip the random wait of a first start')
      .option(
        '--deadline <seconds>',
        'end with 69 when the Controller was unreachable for so long; 0: never',
        wholeSeconds,
      )
      .option('--keep-inputs', 'leave passphrase and credentials where they are'),
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
