import { createLiteralScan, type LiteralScan } from '../redaction/literal-scan.ts';
import { rules } from './rules/all.ts';

/** Looks at the pieces of a text, cut between lines. */
export interface Notice {
  look(piece: Uint8Array): void;
  /** Whether any rule can find anything in it: false is certain, and such a text need not be read again. */
  isTelling(): boolean;
}

/** By the path of an entry in the bundle: the literals of the rules that ask for such a file, in one walk over the bytes. */
export function createNotice(): (path: string) => Notice {
  const clues = rules
    .flatMap(({ needs, backing = [] }) => [...needs.flat(), ...backing])
    .filter(clue => clue.kind === 'line' || clue.kind === 'no-line');
  const scans = new Map<string, LiteralScan>();
  return path => {
    const fitting = clues.filter(({ files }) => files.test(path));
    const literals = [...new Set(fitting.flatMap(clue => (clue.kind === 'line' ? clue.has : [])))];
    const isOneToRead =
      fitting.some(({ kind }) => kind === 'no-line') || literals.some(literal => literal.length < leastLiteral);
    let telling = isOneToRead;
    const key = literals.join('\n');
    const scan = telling || literals.length === 0 ? null : (scans.get(key) ?? scanFor(literals));
    if (scan !== null) scans.set(key, scan);
    return {
      look(piece) {
        if (!telling && scan !== null) telling = holds(scan, piece);
      },
      isTelling: () => telling,
    };
  };
}

/** A shorter one has no pair of bytes at each parity. */
const leastLiteral = 3;

function scanFor(literals: readonly string[]): LiteralScan {
  return createLiteralScan(
    literals.map(text => ({ text: Buffer.from(text).toString('latin1'), ignoreCase: false, rules: 1 })),
  );
}

function holds(scan: LiteralScan, piece: Uint8Array): boolean {
  const even = piece.byteOffset % 2 === 0 ? piece : new Uint8Array(piece);
  const pairs = new Uint16Array(even.buffer, even.byteOffset, even.length >> 1);
  const to = pairs.length * 2;
  for (let at = scan.next(pairs, 0, to); at < to; at = scan.next(pairs, at + 2, to)) {
    if (scan.rulesAt(even, at) !== 0) return true;
  }
  return false;
}
