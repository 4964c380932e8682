import type { RevertReport } from '../agent.ts';
import type { Hint } from './hint.ts';

export function revertText({ undone, kept }: RevertReport, hint: Hint): string {
  if (undone.length === 0 && kept.length === 0) return 'Nothing to undo.';
  return [
    ...undone.map(id => `undone  ${id}`),
    ...kept.map(({ id, why }) => `kept    ${id} (${hint(why)})`),
    `${undone.length} undone, ${kept.length} kept.`,
  ].join('\n');
}
