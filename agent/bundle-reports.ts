import type { Base } from './assemble.ts';
import type { Config } from './config/load.ts';
import type { AgentReports } from './diagnostics/bundle/make-context.ts';

/** What the agent can say of itself, asked for only when a collector asks. */
export function agentReports(base: Base): AgentReports {
  const { host, config, origins, configProblem } = base;
  return {
    settings: Object.entries(origins).map(([key, from]) => ({ key, value: valueAt(config, key), from })),
    configProblem: configProblem === null ? null : `${configProblem.code}: ${configProblem.message}`,
    preflight: async signal => (await import('./preflight.ts')).preflight(base, signal),
    async validate(signal) {
      const { manifestPath } = await import('../bootstrap/components/manifest.ts');
      if ((await host.files.stat(manifestPath)) === null) return null;
      const { validate } = await import('./validate.ts');
      return validate(base, { depth: 'quick', repair: false, begun: null }, signal);
    },
    facts: async signal => (await import('../bootstrap/facts/gather.ts')).gatherFacts(host, signal),
    status: async () => (await (await import('./status-report.ts')).statusReport(base, { origins })).status,
    recordings: async () => {
      const { readRecordings } = await import('./diagnostics/flight-recorder/recording-file.ts');
      return readRecordings(host.files);
    },
  };
}

function valueAt(config: Config, key: string): unknown {
  return key
    .split('.')
    .reduce((value: unknown, part) => (value as Record<string, unknown> | undefined)?.[part], config);
}
