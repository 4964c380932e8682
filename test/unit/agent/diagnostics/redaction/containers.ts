import fc from 'fast-check';

/** What a text may be wrapped in on its way into a file: each line of it, or the whole. */
export const containers: Readonly<Record<string, (text: string) => string>> = {
  plain: text => text,
  'between other lines': text => `first line\n${text}\nlast line\n`,
  journal: text => text.replace(/^/gm, 'Nov 22 18:57:20 edge-1 kubelet[123]: '),
  'journal, ISO': text => text.replace(/^/gm, '2026-11-22T18:57:20+0000 edge-1 kubelet[123]: '),
  'pod log': text => text.replace(/^/gm, '2026-11-22T18:57:20.123456789Z stderr F '),
  'klog in a pod log': text =>
    text.replace(/^/gm, '2026-11-22T18:57:20.123456789Z stderr F I1122 18:57:20.123456       1 main.go:12] '),
  'as a text in json': text => JSON.stringify({ ts: 1, msg: text, level: 'info' }),
  indented: text => text.replace(/^/gm, '      '),
  'with carriage returns': text => text.replaceAll('\n', '\r\n'),
};

/** A text cut into pieces at any places. */
export function cut(bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> {
  return fc.array(fc.nat({ max: bytes.length }), { maxLength: 6 }).map(places => {
    const ends = [...places.toSorted((a, b) => a - b), bytes.length];
    return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
  });
}
