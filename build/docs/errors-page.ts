import { fixers } from '../../agent/cli/error-page.ts';
import { exitStatuses } from '../../agent/cli/exit-status.ts';
import { classes } from '../../agent/cli/explain.ts';
import { type ErrorEntry, errorTable } from '../../bootstrap/error-table.ts';

/** docs/errors.md: the exit statuses, and a section for each code of the error table. */
export function errorsPage(): string {
  const entries = Object.entries(errorTable) as [string, ErrorEntry][];
  return [
    '# Errors and exit statuses',
    '',
    'Made by `npm run docs` from `bootstrap/error-table.ts`. `conjurer explain CODE` prints the same offline.',
    '',
    '## Exit statuses',
    '',
    '| status | meaning | systemd restarts |',
    '|---|---|---|',
    ...exitStatuses.map(({ status, meaning, restarts }) => `| ${status} | ${meaning} | ${restarts} |`),
    '',
    '## Codes',
    '',
    '| code | exit | who must act | what is wrong |',
    '|---|---|---|---|',
    ...entries.map(
      ([code, { status, fixer, title }]) =>
        `| [${code}](#${code.toLowerCase()}) | ${status} | ${fixers[fixer]} | ${title} |`,
    ),
    '',
    ...entries.flatMap(([code, entry]) => section(code, entry)),
    'The checks of `conjurer preflight` have a page of their own: [preflight.md](preflight.md).',
    '',
  ].join('\n');
}

function section(code: string, { status, fixer, title, explain, next, problem, class: kind }: ErrorEntry): string[] {
  return [
    `### ${code}`,
    '',
    `${capitalized(title)}. ${explain}`,
    '',
    `- What to do next: ${next}`,
    `- Who must act: ${fixers[fixer]}`,
    `- Exit status: ${status}`,
    ...(problem === undefined ? [] : [`- In the protocol: \`${problem}\``]),
    ...(kind === undefined ? [] : [`- Class ${classes[kind]}`]),
    '',
  ];
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
