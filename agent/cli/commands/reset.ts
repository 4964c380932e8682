import type { CliCommand } from '../invocation.ts';
import { needsRoot } from '../needs-root.ts';
import { revertObject, revertText } from '../revert-text.ts';

export const resetCommand: CliCommand = {
  name: 'reset',
  summary: 'undo everything and forget this identity, so that the VM can be a template again',
  details:
    'Takes the node out of its cluster, undoes what conjurer changed, and deletes key, certificate, state, passphrase and credentials, so that the VM can be a template again. There is no way back. Asks first. Needs root.',
  define: command => command.option('--yes', 'do not ask'),
  async run(invocation) {
    const { json, options, render, root, signal } = invocation;
    needsRoot('reset', root);
    const { agent } = await invocation.openAgentAnyway();
    const question =
      'Take this machine out of its cluster, undo what conjurer changed, and delete its key, certificate and state?';
    if (options.yes !== true && !(await invocation.confirm(question))) {
      render.text('Nothing was changed.');
      return 0;
    }
    const report = await agent.reset(signal);
    if (json) render.object({ schema: 'conjurer.reset/v1', ...revertObject(report, render.hint) });
    else {
      render.text(revertText(report, render.hint));
      for (const path of report.removed) render.text(`removed ${path}`);
      render.text(decommissioned[report.decommissioned](report.edgeName ?? 'this node'));
    }
    return 0;
  },
};

const decommissioned = {
  done: () => 'The Controller has released this node.',
  'not-enrolled': () => 'This machine was not enrolled, so there was nothing to tell the Controller.',
  unreachable: () =>
    'The Controller could not be told and still lists this node: have an admin decommission it there, or the name stays taken.',
  copy: (name: string) => `This machine is a copy of ${name}, whose node was left alone.`,
};
