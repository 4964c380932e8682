import { type Command, CommanderError } from 'commander';
import { AgentError } from '../../bootstrap/errors.ts';
import { nearest } from '../config/nearest.ts';
import type { CliCommand } from './invocation.ts';
import { fromVendorLine } from './legacy-argv.ts';
import { commands, createProgram } from './program.ts';

/** What a command line asks for: help to show, or a command with its arguments. */
export type CommandLine =
  | { readonly help: string }
  | {
      readonly command: CliCommand;
      readonly program: Command;
      readonly args: readonly string[];
      readonly options: Readonly<Record<string, unknown>>;
    };

/** Understands the arguments after the program's name. Throws E_USAGE, which names what was not understood. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  let chosen: CommandLine | null = null;
  let help = '';
  const program = createProgram(
    (command, args, options) => {
      chosen = { command, program, args, options };
    },
    text => {
      help += text;
    },
  );
  const line = withVersionCommand(fromVendorLine(argv));
  try {
    program.parse(line, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usage(error, line);
  }
  return chosen ?? { help: help.trimEnd() };
}

/** `--version` wherever it stands is the command `version`. */
function withVersionCommand(argv: readonly string[]): readonly string[] {
  if (!argv.includes('--version')) return argv;
  return ['version', ...argv.filter(argument => argument === '--json' || argument === '--no-color')];
}

function usage(error: CommanderError, line: readonly string[]): AgentError {
  if (error.code === 'commander.help') {
    return new AgentError('E_USAGE', 'no command was given', { wanted: `one of ${names().join(', ')}` });
  }
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const command = commands.find(({ name }) => line.includes(name));
  if (error.code === 'commander.unknownCommand') return unknownCommand(/'(.*)'/.exec(first)?.[1] ?? '');
  return new AgentError('E_USAGE', [first, ...rest].join(' ').trim(), {
    next: command === undefined ? 'conjurer --help' : `conjurer ${command.name} --help`,
  });
}

function unknownCommand(seen: string): AgentError {
  const meant = nearest(seen, names());
  return new AgentError('E_USAGE', `there is no command ${seen}${meant === null ? '' : `, did you mean ${meant}?`}`, {
    seen,
    wanted: `one of ${names().join(', ')}`,
    next: meant === null ? 'conjurer --help' : `conjurer ${meant} --help`,
  });
}

function names(): string[] {
  return commands.filter(({ hidden }) => hidden !== true).map(({ name }) => name);
}
