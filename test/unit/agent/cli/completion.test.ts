import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../../../agent/cli/completion.ts';
import { commands, createProgram } from '../../../../agent/cli/program.ts';

const program = createProgram(
  () => undefined,
  () => undefined,
);
const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

describe.each(['bash', 'zsh', 'fish'] as const)('the completion for %s', shell => {
  const script = completionScript(shell, program);

  it('names every command that the help names, and their flags', () => {
    for (const { name, hidden } of commands) {
      if (hidden !== true) expect(script).toMatch(new RegExp(`\\b${name}\\b`));
    }
    for (const flag of ['no-splay', 'passphrase-file', 'junit', 'new-identity', 'log-level'])
      expect(script).toContain(flag);
    expect(script).not.toContain('credentials-file');
  });

  it.runIf(has(shell))('is a script that the shell accepts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'conjurer-completion-'));
    const file = join(folder, 'script');
    writeFileSync(file, script);
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('in bash', () => {
  const script = completionScript('bash', program);
  const complete = (...words: string[]): string[] => {
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _conjurer; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'x',
        script,
        'conjurer',
        ...words,
      ],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  };

  it.each<[string[], string[]]>([
    [['sta'], ['status']],
    [
      ['run', '--no-'],
      ['--no-wait', '--no-splay', '--no-color'],
    ],
    [['--root', '/tmp', 'revert', '--stage', 'hand'], ['handoff']],
    [
      ['completion', ''],
      [
        '--help',
        'bash',
        'zsh',
        'fish',
        '--config',
        '--root',
        '--log-level',
        '--no-color',
        '--json',
        '--version',
        '--help',
      ],
    ],
    [['run', '--log-level', 'w'], ['warn']],
    [['run', '--deadline', ''], ['']],
  ])('%j', (words, wanted) => {
    expect(complete(...words)).toEqual(wanted);
  });
});
