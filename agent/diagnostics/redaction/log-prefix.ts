/** What logs put before a line: syslog and journal, CRI, klog, docker's JSON, several one after the other. */
const prefixes = [
  /[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})? \S{1,255} [^\s:]{1,128}: /y,
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20} std(?:out|err) [FP] /y,
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20} \S{1,255} [^\s:]{1,128}: /y,
  /[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{1,9}\s{1,8}\d{1,10} [^\s\]]{1,128}\] /y,
  /\[ {0,8}\d{1,9}\.\d{6}\] /y,
  /\{"log":"/y,
];

/** Where the line's own text begins, with its own indentation. */
export function contentStart(line: string): number {
  let at = 0;
  for (let round = 0; round < 3; round++) {
    const found = prefixes.map(prefix => matched(prefix, line, at)).find(length => length > 0) ?? 0;
    if (found === 0) break;
    at += found;
  }
  return at;
}

function matched(prefix: RegExp, line: string, at: number): number {
  prefix.lastIndex = at;
  return prefix.exec(line)?.[0].length ?? 0;
}

/** Spaces before the text that begins at `at`; list dashes count as spaces. */
export function indentOf(line: string, at: number): number {
  let end = at;
  while (line[end] === ' ' || line[end] === '\t' || (line[end] === '-' && line[end + 1] === ' ')) end++;
  return end - at;
}
