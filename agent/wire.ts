import { gatherFacts } from '../bootstrap/facts/gather.ts';
import type { Host } from '../bootstrap/host/host.ts';
import { localHost } from '../bootstrap/host/local-host.ts';
import { localProcesses } from '../bootstrap/host/processes.ts';
import type { Agent } from './agent.ts';
import type { Base } from './assemble.ts';
import type { LoadedConfig } from './config/load.ts';
import type { Log } from './log.ts';
import { createImageManifest, signImageManifest, verifyImageManifest } from './manifest.ts';
import { createEventBus } from './pipeline/events.ts';
import { planStages } from './plan-stages.ts';
import { preflight } from './preflight.ts';
import { recover, recoveryPlan } from './recover.ts';
import type { Redactor } from './redaction.ts';
import { reset } from './reset.ts';
import { revert } from './revert.ts';
import { runStages } from './run.ts';
import { statusReport } from './status-report.ts';
import { validate } from './validate.ts';

export interface AgentParts {
  /** The command line's word for what is done: "run". */
  readonly command: string;
  readonly host: Host;
  readonly config: LoadedConfig;
  readonly log: Log;
  readonly redactor: Redactor;
}

/** The composition root: what the commands can ask for, each by the real parts. A list, and no logic. */
export async function createAgent({ command, host, config, log, redactor }: AgentParts): Promise<Agent> {
  const bus = createEventBus(error => log.warn({ error }, 'an event could not be shown'));
  const base: Base = {
    command,
    host,
    typed: localHost({ root: '/' }),
    processes: localProcesses,
    uid: process.getuid?.() ?? 0,
    config: config.values,
    bus,
    redactor,
  };
  return {
    config,
    events: bus,
    facts: signal => gatherFacts(host, signal),
    preflight: signal => preflight(base, signal),
    plan: (selection, signal) => planStages(base, selection, signal),
    run: async (options, signal) => ({ handedOff: await runStages(base, options, signal) }),
    status: () => statusReport(base, config),
    recoveryPlan: options => recoveryPlan(base, options),
    recover: async (options, signal) => ({ handedOff: await recover(base, options, signal) }),
    revert: ({ stage }, signal) => revert(base, stage, signal),
    reset: signal => reset(base, signal),
    validate: (request, signal) => validate(base, request, signal),
    createManifest: (options, signal) => createImageManifest(base, options, signal),
    signManifest: options => signImageManifest(base, options),
    verifyManifest: options => verifyImageManifest(base, options),
    close: async () => log.close(),
  };
}
