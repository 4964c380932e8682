import type { Command } from 'commander';
import type { Depth } from '../../bootstrap/components/finding.ts';
import type { AgentError } from '../../bootstrap/errors.ts';
import type { Agent, BegunValidation } from '../agent.ts';
import type { Renderer } from './render.ts';

/** One command of conjurer: how it is written, and what it does. */
export interface CliCommand {
  readonly name: string;
  readonly summary: string;
  /** In its own help instead of the summary, where a newcomer needs more. */
  readonly details?: string;
  /** Not in the list of the help. */
  readonly hidden?: boolean;
  /** Adds arguments and options. */
  define?(command: Command): unknown;
  /** Gives the exit status. Throws AgentError. What it needs to work is loaded only here, since start time counts. */
  run(invocation: Invocation): Promise<number>;
}

/** A command line as it was understood, and what the command may use. */
export interface Invocation {
  readonly args: readonly string[];
  /** By commander's names: `--edge-name` is `edgeName`, `--no-wait` is `wait: false`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  /** The whole command tree. */
  readonly program: Command;
  readonly root: string;
  readonly render: Renderer;
  readonly signal: AbortSignal;
  /** Loads the configuration, with the flags over it, and builds the agent. It is closed when the command ends. */
  openAgent(): Promise<Agent>;
  /** The same, but with the defaults where the configuration is wrong: for what must work in every state. */
  openAgentAnyway(): Promise<{ readonly agent: Agent; readonly configProblem: AgentError | null }>;
  /** Begins to read what the image should hold, before there is an agent: `Agent.validate` takes it up. */
  beginValidation(depth: Depth): Promise<BegunValidation>;
  /** Asks the person; throws E_USAGE where there is nobody to ask. */
  confirm(question: string): Promise<boolean>;
}
