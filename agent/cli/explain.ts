import { type ErrorCode, type ErrorEntry, errorTable } from '../../bootstrap/error-table.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { nearest } from '../config/nearest.ts';
import { fixers } from './error-page.ts';
import { meaningOfStatus } from './exit-status.ts';
import type { Style } from './style.ts';

/** The page of one error code. */
export interface ErrorExplanation extends ErrorEntry {
  readonly code: ErrorCode;
}

/** Finds a page by code, with or without `E_`, by the protocol's own name of the problem. Throws E_USAGE. */
export function explain(asked: string): ErrorExplanation {
  const word = asked.trim().toUpperCase().replaceAll('-', '_');
  const codes = Object.keys(errorTable) as ErrorCode[];
  const code =
    codes.find(known => known === word || known === `E_${word}`) ??
    codes.find(known => problemOf(known)?.toUpperCase() === word);
  if (code !== undefined) return { code, ...errorTable[code] };
  const meant = nearest(
    word.replace(/^E_/, ''),
    codes.map(known => known.slice(2)),
  );
  throw new AgentError('E_USAGE', `there is no code ${asked}${meant === null ? '' : `, did you mean E_${meant}?`}`, {
    seen: asked,
    wanted: 'a code as it stands in a message, such as E_PASSPHRASE_WRONG',
    next: meant === null ? 'take the code from the message or from conjurer status' : `conjurer explain E_${meant}`,
  });
}

export function pageText(page: ErrorExplanation, style: Style): string {
  const facts: (readonly [string, string])[] = [
    ['can mend', fixers[page.fixer]],
    ['exit', `${page.status} (${meaningOfStatus(page.status)})`],
    ...(page.problem === undefined ? [] : [['problem', page.problem] as const]),
    ...(page.class === undefined ? [] : [['class', classes[page.class]] as const]),
  ];
  return [
    `${style.bold(page.code)}: ${page.title}`,
    '',
    ...wrapped(page.explain, 78).map(line => `  ${line}`),
    '',
    style.bold('What to do next'),
    `  ${page.next}`,
    '',
    ...facts.map(([name, value]) => `  ${style.dim(name.padEnd(9))} ${value}`),
  ].join('\n');
}

export const classes: Readonly<Record<NonNullable<ErrorEntry['class']>, string>> = {
  retry: 'retry: conjurer tries again by itself, soon',
  wait: 'wait: conjurer goes on asking, slowly, until a person has acted',
  terminal: 'terminal: conjurer stops',
};

function problemOf(code: ErrorCode): string | undefined {
  const entry: ErrorEntry = errorTable[code];
  return entry.problem;
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
