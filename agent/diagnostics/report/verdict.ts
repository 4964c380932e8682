import type { Fixer } from '../../../bootstrap/error-table.ts';
import type { ReportInput } from './input.ts';
import type { ReportFinding, Verdict } from './model.ts';
import { type Standing, standingOf } from './standing.ts';
import { age, dateAndTime } from './time-text.ts';

/** Who must act, as the subject of a sentence. */
export const actors: Readonly<Record<Fixer, string>> = {
  technician: 'the technician at this machine',
  'controller-admin': 'an admin of the Controller',
  'image-builder': 'the builder of the image',
  retry: 'nobody',
};

/**
 * What stands, since when, who must do what, and what to type: the answer before all detail. The most telling cause
 * takes the place of the error that it led to; where a person is waited for, or all is well, it does not.
 */
export function judge(input: ReportInput, findings: readonly ReportFinding[]): Verdict {
  const standing = standingOf(input);
  const { state, what, since } = standing;
  const [first] = findings;
  const isOpen = state !== 'good' && state !== 'waiting';
  const cause = isOpen && first?.weight === 'cause' ? first : null;
  const who = cause?.who ?? standing.who;
  const reason = cause === null ? standing.reason : reasonOf(cause, standing);
  const from = since === null ? '' : ` since ${dateAndTime(since)} (${age(since, input.madeAt)})`;
  const because = reason === null ? '' : `: ${reason}`;
  return {
    state: cause !== null && state === 'unknown' ? 'failed' : state,
    sentence: `${input.edgeName ?? 'This machine'} ${what}${from}${because}; ${mustAct(who)}.`,
    since,
    who,
    next: cause?.next ?? standing.next,
    cause: cause?.id ?? null,
  };
}

function mustAct(who: Fixer | null): string {
  return who === null || who === 'retry' ? 'nobody has to act' : `${actors[who]} has to act`;
}

/** Where the cause is the very error that ended the run, what was said with it is told too. */
function reasonOf({ title, evidence }: ReportFinding, { code, reason }: Standing): string {
  const isSame = code !== null && evidence.some(({ text }) => text.startsWith(`${code}: `));
  return isSame && reason !== null ? `${title} (${reason})` : title;
}
