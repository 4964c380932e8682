const HEADER_BYTES = 12;
const TYPE_A = 1;
const ANSWER = 0x8180;
const NAME_ERROR = 3;

/**
 * The answer of a name server that knows these names and no others; a name that begins with `*.` stands for all that end
 * so. Only what a resolver asks is understood: one question, addresses of IPv4.
 */
export function answerTo(query: Buffer, names: Readonly<Record<string, string>>): Buffer {
  const { name, end } = readName(query, HEADER_BYTES);
  const question = query.subarray(HEADER_BYTES, end + 4);
  const wild = Object.keys(names).find(known => known.startsWith('*.') && name.endsWith(known.slice(1)));
  const address = names[name] ?? (wild === undefined ? undefined : names[wild]);
  const hasAnswer = address !== undefined && query.readUInt16BE(end) === TYPE_A;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(address === undefined ? ANSWER + NAME_ERROR : ANSWER, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(hasAnswer ? 1 : 0, 6);
  return Buffer.concat([header, question, ...(hasAnswer ? [record(address)] : [])]);
}

function readName(query: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** Points back to the name in the question; class IN, a minute to live. */
function record(address: string): Buffer {
  return Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
}
