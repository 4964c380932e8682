import type { StagePlan } from '../pipeline/plan.ts';
import { errorObject } from './error-page.ts';
import type { Hint } from './hint.ts';
import type { Style } from './style.ts';

/** The object of `plan --json`: docs/cli.md, conjurer.plan/v1. */
export function planObject(plans: readonly StagePlan[], hint: Hint) {
  return {
    schema: 'conjurer.plan/v1',
    stages: plans.map(plan =>
      plan.state === 'fails' ? { ...plan, error: errorObject(plan.error, hint).error } : plan,
    ),
  };
}

/** The plan as a diff; the last line says how much there is to do. */
export function planText(plans: readonly StagePlan[], style: Style, hint: Hint): string {
  const changes = plans.reduce((sum, plan) => sum + (plan.state === 'acts' ? plan.changes.length : 0), 0);
  const open = plans.filter(plan => plan.state === 'not-known').length;
  const failing = plans.find(plan => plan.state === 'fails');
  return [
    ...plans.flatMap(plan => [...stageLines(plan, style, hint), '']),
    verdict(changes, open, failing, style),
  ].join('\n');
}

function stageLines(plan: StagePlan, style: Style, hint: Hint): string[] {
  const name = style.bold(plan.stage);
  switch (plan.state) {
    case 'holds':
      return [`${name}: holds, nothing to do`];
    case 'not-known':
      return [`${name}: can be told only when ${plan.before} was carried out`];
    case 'fails':
      return [`${name}: would stop with ${plan.error.code}: ${plan.error.message}`, `  next: ${hint(plan.error.next)}`];
    case 'acts':
      return [
        `${name}: ${count(plan.changes.length, 'change')}`,
        ...plan.changes.flatMap(({ change, diff }) => [
          `  ${change.kind} ${change.id}`,
          ...diff.map(line => `    ${painted(line, style)}`),
        ]),
      ];
  }
}

function painted(line: string, style: Style): string {
  if (line.startsWith('+')) return style.good(line);
  return line.startsWith('-') ? style.bad(line) : line;
}

function verdict(changes: number, open: number, failing: StagePlan | undefined, style: Style): string {
  if (failing !== undefined) return style.bad(`conjurer run would stop at ${failing.stage}.`);
  if (changes === 0 && open === 0) return style.good('Nothing to do: this machine is as it should be.');
  const later = open === 0 ? '' : `, and what ${count(open, 'later stage')} will need`;
  return `conjurer run would make ${count(changes, 'change')}${later}.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
