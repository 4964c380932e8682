import { type Command, InvalidArgumentError, Option } from 'commander';
import { AgentError } from '../../bootstrap/errors.ts';
import type { StageName } from '../../bootstrap/stage.ts';
import type { StageSelection } from '../agent.ts';
import type { FlagValue } from '../config/load.ts';
import { paths } from '../config/paths.ts';
import { stageOrder } from '../pipeline/stages.ts';
import type { Invocation } from './invocation.ts';
import { wrapped } from './wrapped.ts';

/** The inputs that a technician may give on the command line instead of writing them into conjurer.yaml. */
export function withInputOptions(command: Command): Command {
  return command
    .option('--edge-name <name>', 'name of this machine in its cluster, instead of edgeName in the configuration')
    .option('--passphrase-file <file>', `file with the passphrase of the credentials (default: ${paths.passphrase})`)
    .option('--creds-file <file>', `credentials file of the cluster (default: ${paths.credentials})`)
    .addOption(new Option('--credentials-file <file>').hideHelp())
    .addHelpText('after', "\nThe vendor's -edge-name, -passphrase-file and -creds-file are the same three.");
}

export function withStageOptions(command: Command): Command {
  return withStageNames(command)
    .addOption(new Option('--until <stage>', 'stop after this stage').choices(stageOrder))
    .addOption(
      new Option('--from <stage>', 'begin with this stage; those before it are only proved').choices(stageOrder),
    )
    .addOption(new Option('--only <stage>', 'this stage alone; those it needs are only proved').choices(stageOrder));
}

/** Says in the help which stages there are, once for all options that take one. */
export function withStageNames(command: Command): Command {
  return command.addHelpText(
    'after',
    `\n${wrapped(`Stages, in their order: ${stageOrder.join(', ')}`, 80).join('\n')}`,
  );
}

/** Those of a run that may have to wait. */
export function withPatienceOptions(command: Command): Command {
  return command
    .option('--no-wait', 'where a person must act, end with status 20 instead of waiting')
    .option(
      '--deadline <seconds>',
      'end with status 69 when the Controller was unreachable for so long (default: 900; 0: never)',
      wholeSeconds,
    )
    .option('--keep-inputs', 'leave passphrase and credentials where they are; else they go once they are not needed');
}

export function wholeSeconds(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of seconds, 0 or more.');
}

/** The settings that were given as flags, by their key in conjurer.yaml. */
export function flagsOf(options: Invocation['options']): FlagValue[] {
  const values = settings.flatMap(({ option, flag, key }) => {
    const value = options[option];
    return typeof value === 'string' || typeof value === 'number' ? [{ key, flag, value }] : [];
  });
  if (options.credsFile !== undefined && options.credentialsFile !== undefined) {
    throw new AgentError('E_USAGE', '--creds-file and --credentials-file are the same option; give one');
  }
  return values;
}

/** Throws E_USAGE for a selection that contradicts itself. */
export function selectionOf({ options }: Pick<Invocation, 'options'>): StageSelection {
  const { until, from, only } = options as { until?: StageName; from?: StageName; only?: StageName };
  if (only !== undefined && (until !== undefined || from !== undefined)) {
    throw new AgentError('E_USAGE', '--only goes with neither --from nor --until');
  }
  return {
    ...(until === undefined ? {} : { until }),
    ...(from === undefined ? {} : { from }),
    ...(only === undefined ? {} : { only }),
  };
}

const settings = [
  { option: 'edgeName', flag: '--edge-name', key: 'edgeName' },
  { option: 'passphraseFile', flag: '--passphrase-file', key: 'passphraseFile' },
  { option: 'credsFile', flag: '--creds-file', key: 'credentialsFile' },
  { option: 'credentialsFile', flag: '--credentials-file', key: 'credentialsFile' },
  { option: 'deadline', flag: '--deadline', key: 'enrolment.deadlineSeconds' },
  { option: 'logLevel', flag: '--log-level', key: 'log.level' },
] as const;
