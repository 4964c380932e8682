import { knownFinder } from './known-finder.ts';
import type { FinalScan, ScanHit } from './redactor.ts';
import { judgeHash, judgeName, judgeRun, judgeUrl } from './scan-judges.ts';

const longestKept = 1024 * 1024;
const leastRun = 20;
const keyWindow = 512;

/**
 * The last look, made to fail in other ways than the first: it has no patterns and no list of literals, and keeps nothing
 * over lines but where the last key was announced. One walk over the bytes stops at long words, which are judged by what
 * they decode to, and at the signs : = $ -, which are judged by what stands beside them.
 */
export function createFinalScan(secrets: readonly Uint8Array[]): FinalScan {
  const known = knownFinder(secrets);
  const hits: ScanHit[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let passed = 0;
  let announced = -keyWindow;

  const look = (bytes: Buffer): void => {
    const hit = (rule: string | null, at: number): void => {
      if (rule !== null && hits.length < mostHits) hits.push({ rule, offset: passed + at });
    };
    for (const at of known(bytes)) hit('known secret', at);
    let run = 0;
    const length = bytes.length;
    for (let at = 0; at <= length; at++) {
      const kind = at < length ? (kinds[bytes[at] as number] as number) : other;
      if (kind === inWord) continue;
      if (at - run >= leastRun) {
        hit(judgeRun(bytes, run, at), run);
        if (at - run >= 30 && passed + run - announced < keyWindow && isKeyText(bytes, run, at))
          hit('private key', run);
      }
      if (kind === assigns) hit(judgeUrl(bytes, at) ?? judgeName(bytes, at), at);
      else if (kind === dollar) hit(judgeHash(bytes, at), at);
      else if (kind === dash) {
        if (bytes[at + 1] === 45 && kinds[bytes[at + 2] as number] === inWord)
          hit(judgeName(bytes, wordEnd(bytes, at + 2)), at);
        if (bytes[at + 1] === 45 && announces(bytes, at)) announced = passed + at;
      }
      run = at + 1;
    }
    passed += length;
  };

  return {
    push(piece) {
      const isWhole = rest.length === 0;
      const bytes = isWhole ? Buffer.from(piece.buffer, piece.byteOffset, piece.length) : Buffer.concat([rest, piece]);
      const end = bytes.length > longestKept ? bytes.length : bytes.lastIndexOf(10) + 1;
      if (end > 0) look(bytes.subarray(0, end));
      // The piece is the caller's again.
      rest = isWhole ? Buffer.from(bytes.subarray(end)) : bytes.subarray(end);
    },
    end() {
      if (rest.length > 0) look(rest);
      return hits;
    },
  };
}

const mostHits = 100;
const [other, inWord, assigns, dollar, dash] = [0, 1, 2, 3, 4];
const kinds = new Uint8Array(256);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_.') {
  kinds[character.charCodeAt(0)] = inWord;
}
kinds[58] = assigns;
kinds[61] = assigns;
kinds[36] = dollar;
kinds[45] = dash;

function wordEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && at - from < 64 && (kinds[bytes[at] as number] === inWord || bytes[at] === 45)) at++;
  return at;
}

/** `-----BEGIN … PRIVATE KEY`, from its last dashes but one before the word. */
function announces(bytes: Buffer, at: number): boolean {
  if (bytes[at + 2] !== 66 && bytes[at + 2] !== 32) return false;
  const text = bytes.toString('latin1', at + 2, at + 48);
  return text.includes('BEGIN ') && text.includes(' PRIVATE ');
}

function isKeyText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === 46 || bytes[at] === 95) return false;
  return true;
}
