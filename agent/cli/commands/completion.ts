import { Argument } from 'commander';
import type { CliCommand } from '../invocation.ts';

export const completionCommand: CliCommand = {
  name: 'completion',
  summary: 'shell completion: source <(conjurer completion bash)',
  define: command =>
    command.addArgument(new Argument('<shell>', 'the shell that the script is for').choices(['bash', 'zsh', 'fish'])),
  async run({ args, json, program, render }) {
    const { completionScript } = await import('../completion.ts');
    const shell = args[0] as 'bash' | 'zsh' | 'fish';
    const script = completionScript(shell, program);
    if (json) render.object({ schema: 'conjurer.completion/v1', shell, script });
    else render.raw(script);
    return 0;
  },
};
