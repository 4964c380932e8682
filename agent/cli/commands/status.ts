import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../../../bootstrap/errors.ts';
import type { Agent } from '../../agent.ts';
import type { CliCommand, Invocation } from '../invocation.ts';
import { statusText, withHints } from '../status-text.ts';

const watchEveryMs = 1000;
const clearScreen = '\u001B[H\u001B[2J';

export const statusCommand: CliCommand = {
  name: 'status',
  summary: 'stage by stage: done, doing, waiting for whom, last error, next command',
  define: command => command.option('--watch', 'go on showing it until Ctrl-C'),
  async run(invocation) {
    const { json, options, render } = invocation;
    if (json && options.watch === true) {
      throw new AgentError('E_USAGE', '--watch is for a person and --json for a program; give one', {
        next: 'conjurer status --json',
      });
    }
    const { agent, configProblem } = await invocation.openAgentAnyway();
    if (options.watch === true) return watch(agent, invocation);
    const { status, origins } = await agent.status();
    const { code, message } = configProblem ?? {};
    if (json) {
      const problem = code === undefined ? null : { code, message };
      render.object({
        ...withHints(status, render.hint),
        origins: configProblem === null ? origins : {},
        configProblem: problem,
      });
    } else {
      render.text(statusText(status, new Date(), render.style, render.hint));
      if (configProblem !== null)
        render.text(`\nThe configuration cannot be used: ${message}\n  ${render.hint(configProblem.next)}`);
    }
    return 0;
  },
};

/** Ends with Ctrl-C, which is how a watch is meant to end. */
async function watch(agent: Agent, { render, signal }: Invocation): Promise<number> {
  let shown = '';
  while (!signal.aborted) {
    const { status } = await agent.status();
    const text = statusText(status, new Date(), render.style, render.hint);
    if (render.terminal) render.text(`${clearScreen}${text}`);
    else if (status.updatedAt !== shown) render.text(`${text}\n`);
    shown = status.updatedAt ?? '';
    await sleep(watchEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return 0;
}
