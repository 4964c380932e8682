import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCommandLine } from '../../../agent/cli/command-line.ts';
import { stageOrder } from '../../../agent/pipeline/stages.ts';
import { type ErrorEntry, errorTable } from '../../../bootstrap/error-table.ts';
import { checkTable } from '../../../bootstrap/preflight/check-table.ts';
import { repository } from './biome.ts';

const table = Object.entries(errorTable) as [string, ErrorEntry][];

test.each(table)('the next step of %s names only commands that there are', (_code, { next }) => {
  expect(next.split(commandStart).slice(1).flatMap(refusal)).toEqual([]);
});

test('so does every other next step in the source', () => {
  const steps = sources().flatMap(text =>
    [...text.matchAll(/\bnext: [^'"`\n]*(['"`])(.*?)\1/g)].map(([, , step]) => step ?? ''),
  );
  expect(steps.length).toBeGreaterThan(40);
  expect(steps.flatMap(step => step.split(commandStart).slice(1)).flatMap(refusal)).toEqual([]);
});

test('a command or a flag that is not there is found', () => {
  expect(refusal('recovr, then wait')).toHaveLength(1);
  expect(refusal('run --fast')).toHaveLength(1);
  expect(refusal('recover --ticket FILE')).toEqual([]);
  expect(refusal('goes on by itself')).toEqual([]);
});

/** What may stand behind a command: stages, and the checks that `explain` knows. */
const named = [...stageOrder, ...Object.keys(checkTable)];
const commandStart = /\bconjurer (?=-|[a-z])/;

/** Of what stands behind "conjurer ": [] where it is a command, or tells what conjurer does. */
function refusal(text: string): string[] {
  if (/^(goes on|tries again|that)\b/.test(text)) return [];
  const typed = text.replaceAll(/\$\{[^}]*\}/g, 'configure');
  const words = new RegExp(`^[\\w-]+(?: (?:--[a-z-]+|[A-Z]+|create|sign|verify|${named.join('|')})(?=[ ,;)]|$))*`);
  const argv = words.exec(typed)?.[0].split(' ') ?? [];
  try {
    parseCommandLine(argv);
    return [];
  } catch (error) {
    return [`conjurer ${argv.join(' ')}: ${String(error)}`];
  }
}

function sources(): string[] {
  return ['agent', 'bootstrap'].flatMap(folder =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => readFileSync(join(repository, folder, name), 'utf8')),
  );
}
