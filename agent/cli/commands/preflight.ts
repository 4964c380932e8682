import type { CliCommand } from '../invocation.ts';
import { withInputOptions } from '../options.ts';

export const preflightCommand: CliCommand = {
  name: 'preflight',
  summary: 'check this machine and the way to the Controller; changes nothing',
  define: command => withInputOptions(command).option('--junit <file>', 'write the results as JUnit XML too'),
  async run(invocation) {
    const { json, options, render, signal } = invocation;
    const { checkList, junitReport, statusOf, writeReport } = await import('../preflight-report.ts');
    const agent = await invocation.openAgent();
    const report = await agent.preflight(signal);
    const junit = options.junit;
    if (typeof junit === 'string') await writeReport(junit, junitReport(report));
    if (json) render.object(report);
    else render.text(checkList(report, render.style, render.hint));
    return statusOf(report);
  },
};
