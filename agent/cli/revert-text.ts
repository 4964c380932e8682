import type { RevertReport } from '../agent.ts';
import type { Hint } from './hint.ts';

/** The report with commands in it that can be typed as they stand. */
export function revertObject<Report extends RevertReport>(report: Report, hint: Hint): Report {
  return { ...report, kept: report.kept.map(({ id, why }) => ({ id, why: hint(why) })) };
}

export function revertText({ undone, kept }: RevertReport, hint: Hint): string {
  if (undone.length === 0 && kept.length === 0) return 'Nothing to undo.';
  return [
    ...undone.map(id => `undone  ${id}`),
    ...kept.map(({ id, why }) => `kept    ${id} (${hint(why)})`),
    `${undone.length} undone, ${kept.length} kept.`,
  ].join('\n');
}
