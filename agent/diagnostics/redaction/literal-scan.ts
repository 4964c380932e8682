/** A text (latin1) to look for, and the bits of the rules that a line with it needs. */
export interface Literal {
  readonly text: string;
  readonly ignoreCase: boolean;
  readonly rules: number;
}

interface Probe {
  readonly text: string;
  readonly ignoreCase: boolean;
  readonly rules: number;
  /** How far into the text the pair of characters is. */
  readonly offset: number;
}

export interface LiteralScan {
  /** The first place from `from` (even) where a literal may stand: the place of a pair of it, or `to`. */
  next(pairs: Uint16Array, from: number, to: number): number;
  /** The rules of the literals that really stand around the pair at `at`; 0: none does. */
  rulesAt(bytes: Uint8Array, at: number): number;
}

/**
 * Every text of three characters or more covers a pair of bytes at an even place. So one table look-up for two bytes
 * finds where a literal can be; for each literal the pairs that are rarest in logs are taken, one for each parity.
 */
export function createLiteralScan(literals: readonly Literal[]): LiteralScan {
  const table = new Uint8Array(65_536);
  const weights = Array.from({ length: 256 }, (_, code) => weight(String.fromCharCode(code)));
  const probes = new Map<number, Probe[]>();
  for (const literal of literals) {
    for (const parity of [0, 1]) {
      const offset = rarestPair(literal.text, parity, weights);
      for (const pair of spellings(literal, offset)) {
        table[pair] = 1;
        const there = probes.get(pair);
        const probe = { ...literal, offset };
        if (there === undefined) probes.set(pair, [probe]);
        else there.push(probe);
      }
    }
  }
  return {
    next(pairs, from, to) {
      const last = to >> 1;
      let at = from >> 1;
      while (at < last && table[pairs[at] as number] === 0) at++;
      return at < last ? at * 2 : to;
    },
    rulesAt(bytes, at) {
      let rules = 0;
      const pair = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      for (const probe of probes.get(pair) ?? []) {
        if ((rules & probe.rules) !== probe.rules && stands(probe, bytes, at - probe.offset)) rules |= probe.rules;
      }
      return rules;
    },
  };
}

function stands({ text, ignoreCase }: Probe, bytes: Uint8Array, start: number): boolean {
  if (start < 0 || start + text.length > bytes.length) return false;
  for (let at = 0; at < text.length; at++) {
    const wanted = text.charCodeAt(at);
    const seen = bytes[start + at] as number;
    if (seen !== wanted && !(ignoreCase && isLetter(wanted) && (seen | 32) === wanted)) return false;
  }
  return true;
}

function rarestPair(text: string, parity: number, weights: readonly number[]): number {
  const weightAt = (at: number) => weights[text.charCodeAt(at)] ?? 0;
  const commonness = (at: number) => weightAt(at) * weightAt(at + 1);
  let best = parity;
  for (let at = parity; at + 1 < text.length; at += 2) if (commonness(at) < commonness(best)) best = at;
  return best;
}

const byCommonness = 'qzjxkvbywgpfmucdlhrsnioate';

function weight(character: string): number {
  const letter = byCommonness.indexOf(character.toLowerCase());
  if (letter >= 0) return character === character.toLowerCase() ? letter + 1 : letter / 3 + 1;
  return /[\d .:/-]/.test(character) ? 24 : 3;
}

function spellings({ text, ignoreCase }: Literal, offset: number): number[] {
  const [first, second] = [text.charCodeAt(offset), text.charCodeAt(offset + 1)];
  const firsts = ignoreCase && isLetter(first) ? [first, first - 32] : [first];
  const seconds = ignoreCase && isLetter(second) ? [second, second - 32] : [second];
  return firsts.flatMap(a => seconds.map(b => a | (b << 8)));
}

function isLetter(code: number): boolean {
  return code >= 97 && code <= 122;
}
