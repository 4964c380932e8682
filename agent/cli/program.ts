import { Command, Option } from 'commander';
import { bundleCommand } from './commands/bundle.ts';
import { completionCommand } from './commands/completion.ts';
import { explainCommand } from './commands/explain.ts';
import { factsCommand } from './commands/facts.ts';
import { manifestCommand } from './commands/manifest.ts';
import { planCommand } from './commands/plan.ts';
import { preflightCommand } from './commands/preflight.ts';
import { recoverCommand } from './commands/recover.ts';
import { resetCommand } from './commands/reset.ts';
import { revertCommand } from './commands/revert.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { validateCommand } from './commands/validate.ts';
import { versionCommand } from './commands/version.ts';
import { exitStatuses } from './exit-status.ts';
import type { CliCommand } from './invocation.ts';

/** Every command, in the order of the help. */
export const commands: readonly CliCommand[] = [
  runCommand,
  planCommand,
  preflightCommand,
  statusCommand,
  factsCommand,
  validateCommand,
  recoverCommand,
  revertCommand,
  resetCommand,
  bundleCommand,
  manifestCommand,
  explainCommand,
  completionCommand,
  versionCommand,
];

/** The command tree. `chosen` is called with the command that a line names; help goes to `help`. */
export function createProgram(
  chosen: (command: CliCommand, args: string[], options: Record<string, unknown>) => void,
  help: (text: string) => void,
): Command {
  const program = quiet(new Command('conjurer'), help)
    .description('Takes this machine from first boot to being managed by the Controller.')
    .usage('COMMAND [options]')
    .configureHelp({ showGlobalOptions: true, optionDescription: ({ description }) => description })
    .helpCommand('help [command]', 'this help, or that of a command')
    .option('--config <file>', 'another configuration file than /etc/conjurer/conjurer.yaml')
    .option('--root <dir>', 'work on the machine in this directory instead of /')
    .addOption(
      new Option('--log-level <level>', 'lowest level to log: debug, info, warn or error').choices([
        'debug',
        'info',
        'warn',
        'error',
      ]),
    )
    .option('--no-color', 'no colour (NO_COLOR does the same)')
    .option('--json', 'print one JSON object on stdout and nothing else')
    .option('--version', 'version, commit, build, Node, protocol')
    .helpOption('-h, --help', 'this help, or that of a command')
    .addHelpText('after', afterHelp);
  for (const command of commands) {
    const sub = quiet(program.command(command.name, command.hidden ? { hidden: true } : {}), help)
      .summary(command.summary)
      .description(command.details ?? command.summary)
      .helpOption('-h, --help', 'this help')
      .allowExcessArguments(false);
    command.define?.(sub);
    sub.action(() => chosen(command, sub.args, sub.optsWithGlobals()));
  }
  return program;
}

const afterHelp = `
The vendor's documented line works too, as run, or with -t as preflight:
  conjurer -edge-name="NAME" -passphrase-file="FILE" -creds-file="FILE" [-t]

Exit statuses:
${exitStatuses
  .filter(({ meaning }) => !meaning.includes('reserved'))
  .map(({ status, meaning }) => `  ${String(status).padStart(3)}  ${meaning.replaceAll('`', '')}`)
  .join('\n')}

Files:
  /etc/conjurer/conjurer.yaml     configuration
  /run/conjurer/status.json       where the machine stands
  /var/log/conjurer/conjurer.log  log
`;

/** Errors are thrown and printed in one place, not by commander. */
function quiet(command: Command, help: (text: string) => void): Command {
  return command.exitOverride().configureOutput({ writeOut: help, writeErr: () => undefined });
}
