import { isHarmless } from './fields.ts';
import { type Span, span } from './span.ts';

/** The values under data and stringData of a Secret of Kubernetes that is one line of JSON, at any depth of escaping. */
export function secretObjectSpans(line: string): Span[] {
  if (!/\bkind\\{0,64}["']?\s{0,8}:\s{0,8}\\{0,64}["']?Secret\b/.test(line)) return [];
  const spans: Span[] = [];
  let from = 0;
  for (const { index, 0: opening } of line.matchAll(/\b(?:data|stringData)\\{0,64}["']?\s{0,8}:\s{0,8}\{/g)) {
    if (index < from) continue;
    const start = index + opening.length;
    const close = line.indexOf('}', start);
    from = close < 0 ? line.length : close;
    for (const value of line.slice(start, from).matchAll(/:\s{0,8}\\{0,64}["']([^"']*)/g)) {
      const at = start + value.index + value[0].length - (value[1]?.length ?? 0);
      const text = (value[1] ?? '').replace(/\\{1,64}$/, '');
      if (!isHarmless(text)) spans.push(span(line, at, at + text.length, 'secret-data'));
    }
  }
  return spans;
}
