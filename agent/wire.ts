import type { AgentError } from '../bootstrap/errors.ts';
import type { Host } from '../bootstrap/host/host.ts';
import { localHost } from '../bootstrap/host/local-host.ts';
import { localProcesses } from '../bootstrap/host/processes.ts';
import type { Agent } from './agent.ts';
import type { Base } from './assemble.ts';
import type { LoadedConfig } from './config/load.ts';
import type { Log } from './log.ts';
import { createEventBus } from './pipeline/events.ts';
import type { Redactor } from './redaction.ts';
import { version } from './version.ts';

export interface AgentParts {
  /** The command line's word for what is done: "run". */
  readonly command: string;
  readonly host: Host;
  readonly config: LoadedConfig;
  /** Why it is only the defaults; null: it is what is configured. */
  readonly configProblem: AgentError | null;
  readonly log: Log;
  readonly redactor: Redactor;
}

/**
 * The composition root: what the commands can ask for, each by the real parts. A list, and no logic. Each part is loaded
 * when it is asked for: a quick validation at each boot is not to wait for the parts that enrol.
 */
export async function createAgent(parts: AgentParts): Promise<Agent> {
  const { command, host, config, configProblem, log, redactor } = parts;
  const bus = createEventBus(error => log.warn({ error }, 'an event could not be shown'));
  const base: Base = {
    command,
    host,
    typed: localHost({ root: '/' }),
    processes: localProcesses,
    uid: process.getuid?.() ?? 0,
    config: config.values,
    origins: config.origins,
    delivered: config.delivered,
    bus,
    redactor,
    configProblem,
    recorder: {
      files: host.files,
      now: () => host.clock.now(),
      version: version.version,
      redact: redactor.redactValue,
      onError: error => log.debug({ error }, 'a failure could not be recorded'),
    },
  };
  return {
    config,
    events: bus,
    facts: async signal => (await import('../bootstrap/facts/gather.ts')).gatherFacts(host, signal),
    preflight: async signal => (await import('./recorded-checks.ts')).recordedPreflight(base, signal),
    plan: async (selection, signal) => (await import('./plan-stages.ts')).planStages(base, selection, signal),
    run: async (options, signal) => ({ handedOff: await (await import('./run.ts')).runStages(base, options, signal) }),
    status: async () => (await import('./status-report.ts')).statusReport(base, config),
    recoveryPlan: async options => (await import('./recover.ts')).recoveryPlan(base, options),
    recover: async (options, signal) => ({
      handedOff: await (await import('./recover.ts')).recover(base, options, signal),
    }),
    revert: async ({ stage }, signal) => (await import('./revert.ts')).revert(base, stage, signal),
    reset: async signal => (await import('./reset.ts')).reset(base, signal),
    validate: async (request, signal) =>
      (await import('./recorded-checks.ts')).recordedValidation(base, request, signal),
    createManifest: async (options, signal) =>
      (await import('./manifest.ts')).createImageManifest(base, options, signal),
    signManifest: async options => (await import('./manifest.ts')).signImageManifest(base, options),
    verifyManifest: async options => (await import('./manifest.ts')).verifyImageManifest(base, options),
    bundlePreview: async () => (await import('./diagnostics/bundle/collectors/all.ts')).collectors,
    bundle: async (request, signal) => (await import('./bundle.ts')).bundle(base, request, signal),
    openBundle: async request => (await import('./bundle-look.ts')).lookIntoBundle(base, request),
    close: async () => log.close(),
  };
}
