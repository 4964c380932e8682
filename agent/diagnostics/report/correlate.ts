import type { Citation, ReportFinding } from './model.ts';
import type { Clue, Rule } from './rules/rule.ts';

const maxEvidence = 5;

/**
 * The findings of the rules whose clues were found, each with its citations, the most telling first: causes that nothing
 * else explains, then those that something does, then signs and notes.
 */
export async function correlate(
  rules: readonly Rule[],
  found: (clue: Clue) => Promise<readonly Citation[]>,
): Promise<ReportFinding[]> {
  const holding = (await Promise.all(rules.map(rule => finding(rule, found)))).filter(one => one !== null);
  const linked = holding.map(one => ({
    ...one,
    explains: one.explains.filter(id => holding.some(other => other.id === id)),
    explainedBy: holding.filter(other => other.explains.includes(one.id)).map(other => other.id),
  }));
  return linked.sort((a, b) => rank(a) - rank(b) || b.explains.length - a.explains.length);
}

async function finding(rule: Rule, found: (clue: Clue) => Promise<readonly Citation[]>): Promise<ReportFinding | null> {
  const all = (clues: readonly Clue[]) => Promise.all(clues.map(found)).then(citations => citations.flat());
  const needed = await Promise.all(rule.needs.map(all));
  if (needed.some(citations => citations.length === 0)) return null;
  const { id, weight, title, why, who, next, explains = [] } = rule;
  const evidence = [...needed.flat(), ...(await all(rule.backing ?? []))];
  return {
    id,
    weight,
    title,
    why,
    who,
    next,
    explains: [...explains],
    explainedBy: [],
    evidence: evidence.filter(isFirst).slice(0, maxEvidence),
  };
}

function isFirst({ path, line }: Citation, at: number, all: readonly Citation[]): boolean {
  return all.findIndex(other => other.path === path && other.line === line) === at || line === null;
}

function rank({ weight, explainedBy }: ReportFinding): number {
  if (weight === 'cause') return explainedBy.length === 0 ? 0 : 1;
  return weight === 'sign' ? 2 : 3;
}
