import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../../agent/cli/command-line.ts';
import { exitStatuses } from '../../../../agent/cli/exit-status.ts';
import { flagsOf, selectionOf } from '../../../../agent/cli/options.ts';
import { commands } from '../../../../agent/cli/program.ts';
import { defaultConfig } from '../../../../agent/config/load.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';

function parsed(...argv: string[]) {
  const line = parseCommandLine(argv);
  if ('help' in line) throw new Error('it asked for help');
  return { name: line.command.name, args: line.args, options: line.options };
}

function refused(...argv: string[]) {
  try {
    parseCommandLine(argv);
  } catch (error) {
    if (error instanceof AgentError) return { message: error.message, next: error.next, status: error.exitStatus };
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a command line', () => {
  it('names a command, and global flags stand before or after it', () => {
    expect(parsed('--root', '/r', 'run', '--no-wait', '--deadline', '30', '--json')).toMatchObject({
      name: 'run',
      options: { root: '/r', wait: false, splay: true, deadline: 30, json: true },
    });
    expect(parsed('explain', 'E_BUG', '--no-color')).toMatchObject({ name: 'explain', args: ['E_BUG'] });
  });

  it('in the vendor’s form is run, or with -t preflight', () => {
    const vendor = ['-edge-name="x"', '-passphrase-file=/p', '-creds-file', '/c'];
    const options = { edgeName: 'x', passphraseFile: '/p', credsFile: '/c' };
    expect(parsed(...vendor)).toMatchObject({ name: 'run', options });
    expect(parsed(...vendor, '-t')).toMatchObject({ name: 'preflight', options });
  });

  it.each([['--version'], ['--version', '--json'], ['--json', '--version'], ['run', '--version'], ['version']])(
    '%s %s asks for the version',
    (...argv) => {
      expect(parsed(...argv.filter(word => word !== undefined)).name).toBe('version');
    },
  );

  it.each([['--help'], ['-h'], ['help'], ['run', '--help'], ['help', 'run']])('%s %s shows help', (...argv) => {
    const line = parseCommandLine(argv.filter(word => word !== undefined));
    expect('help' in line && line.help).toContain('Usage: conjurer');
  });

  it('lists every command in the help', () => {
    const line = parseCommandLine(['--help']);
    const help = 'help' in line ? line.help : '';
    for (const { name, hidden } of commands) expect(help.includes(`\n  ${name} `)).toBe(hidden !== true);
  });

  it('the help of every command fits 80 columns, and has the flags of every command', () => {
    for (const { name, hidden } of [{ name: '--help', hidden: false }, ...commands]) {
      const line = parseCommandLine([name, '--help']);
      const help = 'help' in line ? line.help : '';
      expect(help.split('\n').filter(text => text.length > 80)).toEqual([]);
      if (hidden !== true) expect(help).toMatch(/--root <dir> .*--json /s);
    }
  });

  it('the help says each exit status once, the vendor’s flags, and defaults that are so', () => {
    const help = (...argv: string[]) => {
      const line = parseCommandLine(argv);
      return 'help' in line ? line.help : '';
    };
    const all = [help('--help'), ...commands.map(({ name }) => help(name, '--help'))].join('\n');
    for (const { status, meaning } of exitStatuses) {
      const told = all.split('\n').filter(text => text.trimStart().startsWith(`${status}  `)).length;
      expect(told, String(status)).toBe(meaning.includes('reserved') ? 0 : 1);
    }
    for (const name of ['run', 'plan', 'preflight', 'recover']) expect(help(name, '--help')).toContain('-creds-file');
    const { values } = defaultConfig([]);
    const run = help('run', '--help').replaceAll(/\s+/g, ' ');
    expect(run).toContain(`(default: ${values.enrolment.deadlineSeconds}; 0: never)`);
    expect(run).toContain(`(default: ${values.passphraseFile.path})`);
    expect(run).toContain(`(default: ${values.credentialsFile.path})`);
  });

  it('turns flags into settings', () => {
    const { options } = parsed(
      'run',
      '--edge-name',
      'e',
      '--credentials-file=/c',
      '--deadline',
      '0',
      '--log-level=debug',
    );
    expect(flagsOf(options)).toEqual([
      { key: 'edgeName', flag: '--edge-name', value: 'e' },
      { key: 'credentialsFile', flag: '--credentials-file', value: '/c' },
      { key: 'enrolment.deadlineSeconds', flag: '--deadline', value: 0 },
      { key: 'log.level', flag: '--log-level', value: 'debug' },
    ]);
  });
});

describe('what is not understood', () => {
  it.each<[string, string[], string]>([
    ['no command', [], 'no command was given'],
    ['a typing error', ['statsu'], 'there is no command statsu, did you mean status?'],
    ['a command of a later version', ['teleport'], 'there is no command teleport'],
    ['an unknown flag', ['run', '--no-wiat'], "unknown option '--no-wiat' (Did you mean --no-wait?)"],
    ['a flag of another command', ['status', '--no-wait'], "unknown option '--no-wait'"],
    ['a missing value', ['run', '--deadline'], "option '--deadline <seconds>' argument missing"],
    [
      'a value that is no number',
      ['run', '--deadline', 'soon'],
      "option '--deadline <seconds>' argument 'soon' is invalid. It must be a whole number of seconds, 0 or more.",
    ],
    [
      'an unknown stage',
      ['run', '--until', 'x'],
      "option '--until <stage>' argument 'x' is invalid. Allowed choices are facts, preflight, network, firewall, connectivity, components, register, activate, configure, cluster, handoff.",
    ],
    ['a missing argument', ['explain'], "missing required argument 'code'"],
    ['one argument too many', ['status', 'x'], "too many arguments for 'status'. Expected 0 arguments but got 1."],
  ])('%s', (_name, argv, message) => {
    const refusal = refused(...argv);
    expect(refusal.message).toBe(message);
    expect(refusal.status).toBe(2);
    expect(refusal.next).toMatch(/^conjurer .*--help$/);
  });

  it('--only with --from or --until, and an input given twice', () => {
    expect(() => selectionOf(parsed('run', '--only', 'facts', '--from', 'facts'))).toThrowError(
      '--only goes with neither --from nor --until',
    );
    expect(() => flagsOf(parsed('run', '--creds-file=/a', '--credentials-file=/b').options)).toThrowError(
      '--creds-file and --credentials-file are the same option; give one',
    );
  });
});
