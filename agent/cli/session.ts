import { resolve } from 'node:path';
import { AgentError } from '../../bootstrap/errors.ts';
import { nodeDisk } from '../../bootstrap/host/disk.ts';
import { createFiles } from '../../bootstrap/host/files.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';
import type { Agent } from '../agent.ts';
import { readDelivered } from '../config/delivered.ts';
import { defaultConfig, type LoadedConfig, type LoadOptions, loadConfig } from '../config/load.ts';
import { createLog, type Log } from '../log.ts';
import type { Redactor } from '../redaction.ts';
import { createAgent } from '../wire.ts';
import { logEvents } from './log-events.ts';
import { flagsOf } from './options.ts';
import type { Renderer } from './render.ts';

/** Everything of one command that needs the configuration: the log and the agent. */
export interface Session {
  readonly agent: Agent;
  readonly configProblem: AgentError | null;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly command: string;
  /** By commander's names. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly redactor: Redactor;
  readonly render: Renderer;
  /** Log lines go there too, where a person does not see progress instead. */
  readonly alsoTo: { write(line: string): unknown } | null;
  /** With the defaults where the configuration is wrong. */
  readonly anyway: boolean;
  /** Told of the log as soon as there is one. */
  logging(log: Log): void;
}

/** Loads the configuration and builds the agent. Throws AgentError. */
export async function openSession(session: SessionOptions): Promise<Session> {
  const { command, options, environment, redactor, render, alsoTo } = session;
  const root = await existingRoot(typeof options.root === 'string' ? options.root : '/');
  const host = localHost({ root });
  const flags = flagsOf(options);
  const configFile = typeof options.config === 'string' ? resolve(options.config) : null;
  const loaded = await load({ host, configFile, flags, environment }, session.anyway);
  const { config, configProblem } = loaded;
  const log = await createLog({ root, level: config.values.log.level, redactor, alsoTo });
  session.logging(log);
  addProxySecrets(config, redactor);
  for (const secret of Object.values(config.delivered?.secrets ?? {})) redactor.addSecret(secret);
  for (const warning of config.warnings) {
    log.warn({ warning }, 'configuration');
    if (alsoTo === null) render.note(`warning: ${warning}`);
  }
  const agent = await createAgent({ command, host, config, configProblem, log, redactor });
  const stopLogging = logEvents(agent.events, log);
  return {
    agent,
    configProblem,
    async close() {
      stopLogging();
      await agent.close();
    },
  };
}

/** A tree that is not there would be made, and filled with the state of a machine that nobody has. */
async function existingRoot(typed: string): Promise<string> {
  const root = resolve(typed);
  const info = await createFiles(nodeDisk, '/').stat(root);
  if (root === '/' || info?.type === 'directory') return root;
  throw new AgentError('E_USAGE', `--root names no directory: ${typed}`, {
    seen: info === null ? 'nothing there' : info.type,
    wanted: 'the directory that stands for / of the machine',
    next: `ls -ld ${typed}`,
  });
}

async function load(
  options: Omit<LoadOptions, 'delivered'> & { readonly host: Host },
  anyway: boolean,
): Promise<{ config: LoadedConfig; configProblem: AgentError | null }> {
  try {
    const delivered = await readDelivered(options.host);
    return { config: await loadConfig({ ...options, delivered }), configProblem: null };
  } catch (error) {
    if (!anyway || !(error instanceof AgentError)) throw error;
    return { config: defaultConfig(options.flags), configProblem: error };
  }
}

function addProxySecrets({ values }: LoadedConfig, redactor: Redactor): void {
  for (const text of [values.proxy.http, values.proxy.https]) {
    const password = URL.parse(text)?.password ?? '';
    redactor.addSecret(password);
    redactor.addSecret(decodeURIComponent(password));
  }
}
