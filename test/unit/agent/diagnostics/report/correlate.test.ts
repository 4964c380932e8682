import { expect, test } from 'vitest';
import { correlate } from '../../../../../agent/diagnostics/report/correlate.ts';
import { endedWith, failedCheck, type Rule } from '../../../../../agent/diagnostics/report/rules/rule.ts';

const memory = failedCheck('memory');
const swap = failedCheck('swap');
const bug = endedWith('E_BUG');

function rule(id: string, told: Partial<Rule> = {}): Rule {
  return { id, weight: 'cause', title: id, why: '', who: 'technician', next: '', needs: [[memory]], ...told };
}

const citation = (path: string, line: number | null = 1) => ({ path, line, text: path, count: 1 });

test('what something else explains comes after what nothing explains, also where it explains more itself', async () => {
  const rules = [
    rule('note', { weight: 'note' }),
    rule('sign', { weight: 'sign' }),
    rule('follows', { explains: ['sign', 'note'] }),
    rule('root', { explains: ['follows'] }),
  ];
  const findings = await correlate(rules, async () => [citation('a')]);
  expect(findings.map(({ id }) => id)).toEqual(['root', 'follows', 'sign', 'note']);
  expect(findings.map(({ explainedBy }) => explainedBy)).toEqual([[], ['root'], ['follows'], ['follows']]);
});

test('of each list one clue is enough, of every list one is needed', async () => {
  const both = rule('both', { needs: [[memory, swap], [bug]] });
  const found = (...clues: readonly unknown[]) =>
    correlate([both], async clue => (clues.includes(clue) ? [citation('a')] : []));
  expect(await found(swap, bug)).toHaveLength(1);
  expect(await found(memory, swap)).toEqual([]);
  expect(await found(bug)).toEqual([]);
});

test('what backs a finding is cited after what it needs, and cannot make one', async () => {
  const backed = rule('backed', { backing: [swap] });
  const [finding] = await correlate([backed], async clue => [citation(clue === memory ? 'needed' : 'backing')]);
  expect(finding?.evidence.map(({ path }) => path)).toEqual(['needed', 'backing']);
  expect(await correlate([backed], async clue => (clue === swap ? [citation('backing')] : []))).toEqual([]);
});

test('a line is cited once, and what explains nothing that was found names nothing', async () => {
  const [finding] = await correlate([rule('one', { explains: ['not-found'], backing: [swap] })], async () => [
    citation('a'),
    citation('a'),
    citation('b', null),
  ]);
  expect(finding?.explains).toEqual([]);
  expect(finding?.evidence.filter(({ path }) => path === 'a')).toHaveLength(1);
});
