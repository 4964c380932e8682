import { type Command, InvalidArgumentError, Option } from 'commander';
import { AgentError } from '../../bootstrap/errors.ts';
import type { StageName } from '../../bootstrap/stage.ts';
import type { StageSelection } from '../agent.ts';
import type { FlagValue } from '../config/load.ts';
import { stageOrder } from '../pipeline/stages.ts';
import type { Invocation } from './invocation.ts';

/** The inputs that a technician may give on the command line instead of writing them into conjurer.yaml. */
export function withInputOptions(command: Command): Command {
  return command
    .option('--edge-name <name>', 'name of this machine in its cluster')
    .option('--passphrase-file <file>', 'file with the passphrase of the credentials')
    .option('--creds-file <file>', 'credentials file of the cluster')
    .addOption(new Option('--credentials-file <file>').hideHelp());
}

export function withStageOptions(command: Command): Command {
  return command
    .addOption(new Option('--until <stage>', 'stop after this stage').choices(stageOrder))
    .addOption(
      new Option('--from <stage>', 'begin with this stage; those before it are only proved').choices(stageOrder),
    )
    .addOption(new Option('--only <stage>', 'this stage alone; those it needs are only proved').choices(stageOrder));
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
