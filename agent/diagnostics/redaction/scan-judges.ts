/** Each looks at one place of a text and names the secret that is there, or null. None uses a pattern. */

/** A long word: what its characters are, and what its bytes are once they are decoded. */
export function judgeRun(bytes: Buffer, from: number, to: number): string | null {
  if (isToken(bytes, from, to)) return 'bootstrap token';
  const first = bytes[from] as number;
  if (first === 65 && isCloudKey(wordAt(bytes, from, to))) return 'cloud key';
  const before = wordBefore(bytes, from);
  if (before === 'bearer') return 'bearer token';
  if (before === 'basic' && Buffer.from(wordAt(bytes, from, to), 'base64').includes(58)) return 'basic credentials';
  if (before === 'key' && isAgeKey(bytes, from)) return 'age key';
  if (tokenLetters.has(first) && startsToken(wordAt(bytes, from, to))) return 'access token';
  if (to - from < leastEncoded || !isMixed(bytes, from, to)) return null;
  return decodedRule(wordAt(bytes, from, to));
}

/** `:` or `=` at `at`: whether a name that leaves no doubt stands before it, and a value that looks made up behind it. */
export function judgeName(bytes: Buffer, at: number): string | null {
  let end = at;
  while (end > 0 && isQuoteOrSlash(bytes[end - 1] as number)) end--;
  if (end === 0 || lastLetters[bytes[end - 1] as number] === 0) return null;
  let start = end;
  while (start > 0 && end - start < longestName && isNameByte(bytes[start - 1] as number)) start--;
  // The TYPE of a mark is followed by a colon too.
  if (bytes.toString('latin1', Math.max(0, start - 10), start) === '<redacted:') return null;
  const name = bytes
    .toString('latin1', start, end)
    .toLowerCase()
    .split('_')
    .join('')
    .split('-')
    .join('')
    .split('.')
    .join('');
  if (!sureNames.some(sure => name.endsWith(sure))) return null;
  let from = at;
  while (from < bytes.length && from - at < 24 && isBetween(bytes[from] as number)) from++;
  let to = from;
  while (to < bytes.length && to - from < 200 && !endsValue(bytes[to] as number)) to++;
  return looksMadeUp(bytes.toString('latin1', from, to)) ? 'a value under the name of a secret' : null;
}

/** The `:` of `://`: a user and a password before an @. */
export function judgeUrl(bytes: Buffer, at: number): string | null {
  let from = at + 1;
  let slashes = 0;
  while (bytes[from] === 47 || bytes[from] === 92) {
    if (bytes[from] === 47) slashes++;
    from++;
  }
  if (slashes < 2) return null;
  let colon = false;
  for (let to = from; to < bytes.length && to - from < 300; to++) {
    const byte = bytes[to] as number;
    if (byte === 64) return colon ? 'a password in a URL' : null;
    if (byte === 58) colon = true;
    if (byte <= 32 || byte === 47 || byte === 34 || byte === 39 || byte === 60 || byte === 92) return null;
  }
  return null;
}

/** `$` at `at`: crypt(3) writes $kind$salt$hash. */
export function judgeHash(bytes: Buffer, at: number): string | null {
  const parts = bytes.toString('latin1', at + 1, at + 120).split('$');
  const [kind = '', ...others] = parts;
  if (!cryptKinds.includes(kind)) return null;
  const longest = Math.max(0, ...others.map(part => wordLength(part)));
  return longest >= 20 ? 'password hash' : null;
}

const longestJudged = 8192;
const leastEncoded = 40;
const longestName = 48;
/** Those that a sure name ends in, small and capital. */
const lastLetters = new Uint8Array(256);
for (const letter of 'detsykDETSYK') lastLetters[letter.charCodeAt(0)] = 1;
const sureNames = (
  'password passwd passphrase clientsecret secretkey accesstoken authtoken bearertoken apitoken refreshtoken ' +
  'secretaccesskey apikey privatekey presharedkey plaintextpasswd clientkeydata certificatekey psk'
).split(' ');
const tokenLetters = new Set([...'ghnsry'].map(letter => letter.charCodeAt(0)));
const tokenStarts = ['ghp_', 'gho_', 'ghs_', 'github_pat_', 'hvs.', 'npm_', 'sk_live_', 'rk_live_', 'ya29.'];
const cryptKinds = ['1', '2a', '2b', '2y', '5', '6', '7', 'y', 'gy', 'apr1', 'argon2i', 'argon2id'];

function wordAt(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, Math.min(to, from + longestJudged));
}

function startsToken(text: string): boolean {
  return tokenStarts.some(start => text.startsWith(start));
}

/** Base64 of more than a few bytes has capitals, small letters and digits, unlike a path or a name. */
function isMixed(bytes: Buffer, from: number, to: number): boolean {
  let kinds = 0;
  for (let at = from; at < Math.min(to, from + 64) && kinds !== 7; at++) {
    const byte = bytes[at] as number;
    if (byte >= 97) kinds |= 1;
    else if (byte >= 65) kinds |= 2;
    else if (byte >= 48) kinds |= 4;
  }
  return kinds === 7;
}

function isToken(bytes: Buffer, from: number, to: number): boolean {
  if (to - from !== 23 || bytes[from + 6] !== 46) return false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (at !== from + 6 && !(byte >= 97 && byte <= 122) && !(byte >= 48 && byte <= 57)) return false;
  }
  return true;
}

function isCloudKey(text: string): boolean {
  if (text.startsWith('AIza')) return text.length >= 35;
  const key = text.slice(0, 20);
  const upper = [...key].every(sign => (sign >= 'A' && sign <= 'Z') || (sign >= '0' && sign <= '9'));
  return (key.startsWith('AKIA') || key.startsWith('ASIA')) && key.length === 20 && upper;
}

function isAgeKey(bytes: Buffer, from: number): boolean {
  return bytes.toString('latin1', Math.max(0, from - 15), from).toUpperCase() === 'AGE-SECRET-KEY-';
}

/** The word before, over one space or dash. */
function wordBefore(bytes: Buffer, from: number): string {
  const gap = bytes[from - 1];
  const last = (bytes[from - 2] ?? 0) | 32;
  // The last letters of bearer, basic and key.
  if ((gap !== 32 && gap !== 45) || (last !== 114 && last !== 99 && last !== 121)) return '';
  let start = from - 1;
  while (
    start > 0 &&
    from - start < 9 &&
    ((bytes[start - 1] as number) | 32) >= 97 &&
    ((bytes[start - 1] as number) | 32) <= 122
  ) {
    start--;
  }
  return bytes.toString('latin1', start, from - 1).toLowerCase();
}

/** JSON, a private key in PEM, DER or OpenSSH's form, whichever of the four alignments of base64 it has. */
function decodedRule(text: string): string | null {
  for (const skip of [0, 1, 2, 3]) {
    const bytes = Buffer.from(text.slice(skip).split('.')[0] ?? '', 'base64');
    if (bytes.includes('PRIVATE KEY-')) return 'a private key in base64';
    if (bytes.includes('openssh-key-v1\0')) return 'a private key of OpenSSH';
    if (skip !== 0) continue;
    if (bytes[0] === 123 && bytes[1] === 34) return 'a web token or JSON in base64';
    if (isPrivateDer(bytes)) return 'a private key in DER';
  }
  return null;
}

/** SEQUENCE { INTEGER 0 or 1, … }: PKCS#1, PKCS#8 and SEC 1; certificates begin with another SEQUENCE. */
function isPrivateDer(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30) return false;
  const length = bytes[1] as number;
  const body = length === 0x82 ? 4 : length === 0x81 ? 3 : 2;
  const version = bytes[body] === 0x02 && bytes[body + 1] === 0x01 && (bytes[body + 2] as number) <= 1;
  return version && [0x02, 0x04, 0x30].includes(bytes[body + 3] as number);
}

function isQuoteOrSlash(byte: number): boolean {
  return byte === 34 || byte === 39 || byte === 92;
}

function isNameByte(byte: number): boolean {
  const lower = byte | 32;
  return (lower >= 97 && lower <= 122) || (byte >= 48 && byte <= 57) || byte === 95 || byte === 45 || byte === 46;
}

function isBetween(byte: number): boolean {
  return byte === 58 || byte === 61 || byte === 32 || byte === 44 || isQuoteOrSlash(byte);
}

function endsValue(byte: number): boolean {
  return byte <= 32 || byte === 34 || byte === 39 || byte === 44 || byte === 38 || byte === 92;
}

/** At least six characters of two kinds, one of them a digit, and no path, mark or reference. */
function looksMadeUp(value: string): boolean {
  if (value.length < 6 || '</$*-{['.includes(value[0] ?? '<') || value.includes('<redacted:')) return false;
  let digits = 0;
  let letters = 0;
  for (const sign of value) {
    if (sign >= '0' && sign <= '9') digits++;
    else if ((sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z')) letters++;
  }
  return digits > 0 && letters > 0;
}

function wordLength(part: string): number {
  let length = 0;
  while (length < part.length && !' \t\n"\',<>:;\\'.includes(part[length] ?? ' ')) length++;
  return length;
}
