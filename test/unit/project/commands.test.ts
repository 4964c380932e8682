import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../agent/cli/command-line.ts';
import { repository } from './biome.ts';
import { fencedLines, inlineCode, readDocuments } from './documents.ts';

const documents = readDocuments();
const manifest = readFileSync(join(repository, 'package.json'), 'utf8');
const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> };

describe.each(documents)('$path', ({ text }) => {
  test('shows only commands of conjurer that there are', () => {
    const toType = fencedLines(text, ['', 'sh']).flatMap(commands).filter(isConjurer);
    const named = inlineCode(text).flatMap(commands).filter(isConjurer);
    expect(toType.flatMap(refusal)).toEqual([]);
    expect(named.flatMap(refusal).filter(fault => !fault.endsWith("missing required argument 'code'"))).toEqual([]);
  });

  test('shows only scripts of package.json that there are', () => {
    const shown = [...fencedLines(text, ['', 'sh']).flatMap(commands), ...inlineCode(text)];
    const names = shown.flatMap(line => /^npm (?:run )?(?:--silent )?([\w:.-]+)/.exec(line)?.[1] ?? []);
    expect(names.filter(name => !['ci', 'install', 'pack', 'run', 'test'].includes(name) && !scripts[name])).toEqual(
      [],
    );
  });
});

test('operations.md shows how to do everything that changes a machine', () => {
  const text = documents.find(({ path }) => path === 'docs/operations.md')?.text ?? '';
  const shown = fencedLines(text, ['sh']).join('\n');
  for (const name of ['status', 'run', 'plan', 'preflight', 'recover', 'revert', 'reset', 'explain', 'facts']) {
    expect(shown).toMatch(new RegExp(`^(sudo )?conjurer ${name}\\b`, 'm'));
  }
});

test('a command, a flag or a value that is not there is found', () => {
  for (const line of ['conjurer destroy', 'sudo conjurer run --fast', 'conjurer plan --only nowhere']) {
    expect(refusal(line)).toHaveLength(1);
  }
  expect(refusal('conjurer -edge-name="x" -passphrase-file="p" -creds-file=c -t')).toEqual([]);
});

/** The commands of a line: `a && b` are two, and where their output goes is no part of them. */
function commands(line: string): string[] {
  return line.split(/ && | \| /).map(command => command.replace(/ [12]?[<>].*$/, '').trim());
}

function isConjurer(line: string): boolean {
  return /^(sudo )?conjurer -?-?[a-z]/.test(line) && !line.includes('…');
}

/** [] where the line is understood, else what the program itself says about it. */
function refusal(line: string): string[] {
  const words: string[] = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const argv = words
    .slice(words.indexOf('conjurer') + 1)
    .map(word => word.replaceAll(/["']/g, '').replace(/^SHELL$/, 'bash'));
  try {
    parseCommandLine(argv);
    return [];
  } catch (error) {
    return [`${line}: ${error instanceof Error ? error.message : String(error)}`];
  }
}
