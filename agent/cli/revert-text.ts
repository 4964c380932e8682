import type { RevertReport } from '../agent.ts';

export function revertText({ undone, kept }: RevertReport): string {
  if (undone.length === 0 && kept.length === 0) return 'Nothing to undo.';
  return [
    ...undone.map(id => `undone  ${id}`),
    ...kept.map(({ id, why }) => `kept    ${id} (${why})`),
    `${undone.length} undone, ${kept.length} kept.`,
  ].join('\n');
}
