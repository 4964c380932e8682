import type { CliCommand } from '../invocation.ts';
import { withInputOptions } from '../options.ts';

export const preflightCommand: CliCommand = {
  name: 'preflight',
  summary: 'check this machine and the way to the Controller; changes nothing',
  details:
    'Checks this machine and the way to the Controller, layer by layer, and changes nothing. Ends with status 3 where a check fails, with 4 where some only warn.',
  define: command => withInputOptions(command).option('--junit <file>', 'write the results as JUnit XML too'),
  async run(invocation) {
    const { json, options, render, signal } = invocation;
    const { checkList, junitReport, statusOf, writeReport } = await import('../preflight-report.ts');
    const { agent } = await invocation.openAgentAnyway();
    const report = await agent.preflight(signal);
    const junit = options.junit;
    if (typeof junit === 'string') await writeReport(junit, junitReport(report));
    if (json) render.object(report);
    else render.text(checkList(report, render.style, render.hint));
    return statusOf(report);
  },
};
