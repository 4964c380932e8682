import type { Citation } from './model.ts';
import type { Clue } from './rules/rule.ts';

/** Something that wants to see the text of entries, one after the other. */
export interface Reader {
  wants(path: string): boolean;
  take(path: string, text: string): void;
}

export interface Search extends Reader {
  /** Where a clue was found, one citation a file, in the order of the bundle; the same line is cited once. */
  found(clue: Clue): readonly Citation[];
}

type TextClue = Extract<Clue, { kind: 'line' | 'no-line' }>;

const maxCitations = 3;
const maxHits = 2000;
const cut = { before: 60, after: 240 };
/** What a pattern sees of a line on either side of its literal. */
const seen = 1000;

/** Looks for literals first, so that megabytes of logs are passed over by `indexOf`, and patterns see few lines. */
export function createSearch(clues: readonly Clue[]): Search {
  const wanted = clues.filter((clue): clue is TextClue => clue.kind === 'line' || clue.kind === 'no-line');
  const found = new Map<Clue, Citation[]>();

  return {
    found: clue => found.get(clue) ?? [],
    wants: path => wanted.some(({ files }) => files.test(path)),
    take(path, text) {
      const lines = lineIndex(text);
      for (const clue of wanted) {
        const before = found.get(clue) ?? [];
        if (before.length >= maxCitations || !clue.files.test(path)) continue;
        const citation = clue.kind === 'line' ? findLine(clue, path, text, lines) : missLine(clue, path, text);
        if (citation === null || before.some(({ text: known }) => said(known) === said(citation.text))) continue;
        found.set(clue, [...before, citation]);
      }
    },
  };
}

function findLine(
  { has, and }: Extract<Clue, { kind: 'line' }>,
  path: string,
  text: string,
  lines: LineIndex,
): Citation | null {
  let first: { readonly line: number; readonly text: string } | null = null;
  let count = 0;
  for (const literal of has) {
    let hits = 0;
    for (let at = text.indexOf(literal); at !== -1 && hits < maxHits; hits += 1) {
      const { number, from, to } = lines.at(at);
      if (and === undefined || and.test(text.slice(Math.max(from, at - seen), Math.min(to, at + seen)))) {
        count += 1;
        if (first === null || number < first.line) first = { line: number, text: cutAround(text, from, at, to) };
      }
      at = text.indexOf(literal, to);
    }
  }
  return first === null ? null : { path, ...first, count };
}

function missLine({ without }: Extract<Clue, { kind: 'no-line' }>, path: string, text: string): Citation | null {
  const all = text.split('\n').filter(line => line.trim() !== '');
  if (all.length === 0 || all.some(line => without.test(line))) return null;
  return {
    path,
    line: 1,
    text: `none of its ${all.length} lines is one; the first: ${all[0]?.slice(0, cut.after)}`,
    count: 0,
  };
}

function cutAround(text: string, from: number, at: number, to: number): string {
  const begin = to - from <= cut.before + cut.after ? from : Math.max(from, at - cut.before);
  const end = Math.min(to, begin + cut.before + cut.after);
  return `${begin > from ? '… ' : ''}${text.slice(begin, end).trim()}${end < to ? ' …' : ''}`;
}

/** What a line says, without the time and the process in front of it: the same comes in several journals. */
function said(line: string): string {
  return line.replace(/^.{0,80}?\]: /, '');
}

interface LineIndex {
  /** The line that holds this offset; its number counts from 1. */
  at(offset: number): { readonly number: number; readonly from: number; readonly to: number };
}

function lineIndex(text: string): LineIndex {
  let starts: number[] | null = null;
  return {
    at(offset) {
      starts ??= startsOf(text);
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return { number: low + 1, from: starts[low] ?? 0, to: (starts[low + 1] ?? text.length + 1) - 1 };
    },
  };
}

function startsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
