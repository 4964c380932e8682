import type { FinalScan, ScanHit } from './redactor.ts';

/**
 * The last look, made to disagree with the first: it knows nothing of literals, spans or states, but takes each line
 * apart into words and judges each word by itself, by the word before it, and by what it is in base64.
 */
export function createFinalScan(secrets: readonly Buffer[]): FinalScan {
  const raw = secrets.map(secret => secret.toString('latin1')).filter(secret => secret.length >= leastKnown);
  const encoded = raw
    .map(secret => Buffer.from(secret, 'latin1').toString('base64').slice(0, -4))
    .filter(text => text.length >= leastKnown);
  const hits: ScanHit[] = [];
  let rest = '';
  let offset = 0;
  let inKey = false;

  const look = (line: string): void => {
    const hit = (rule: string) => hits.push({ rule, offset });
    if (raw.some(secret => line.includes(secret)) || encoded.some(secret => line.includes(secret))) hit('known secret');
    const lower = line.toLowerCase();
    if (inKey && isBase64Line(line)) hit('private key');
    inKey = lower.includes('private key') && lower.includes('begin') && !line.includes('END');
    if (inKey && isBase64Line(line.slice(line.lastIndexOf('-----') + 5).split('\\n')[1] ?? '')) hit('private key');
    if (!worthALook(lower)) return;
    judgeWords(line, hit);
  };

  return {
    push(piece) {
      const text = rest + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
      let start = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        look(text.slice(start, end));
        offset += end + 1 - start;
        start = end + 1;
      }
      rest = text.slice(start);
    },
    end() {
      if (rest !== '') look(rest);
      return hits;
    },
  };
}

const leastKnown = 6;
const flags = [
  'pass',
  'secret',
  'token',
  'private',
  'ey',
  '://',
  '$',
  'akia',
  'bearer',
  'basic',
  'age-',
  'psk',
  'lS0t',
  'ls0t',
  '.',
];

function worthALook(lower: string): boolean {
  return flags.some(flag => lower.includes(flag));
}

function judgeWords(line: string, hit: (rule: string) => void): void {
  const words = line.split(/[\s"'`,;{}()[\]<>&|\\]+/);
  let before = '';
  for (const word of words) {
    if (word === '') continue;
    const rule =
      wordRule(word) ??
      assignedRule(word) ??
      (before.endsWith(':') || before.endsWith('=') ? namedRule(before.slice(0, -1), word) : null);
    if (rule !== null) hit(rule);
    before = word === ':' || word === '=' ? `${before}${word}` : word;
  }
}

/** What a word is by itself. */
function wordRule(word: string): string | null {
  const parts = word.split('.');
  if (
    parts.some(
      (part, at) =>
        part.length === 16 && parts[at - 1]?.slice(-6).length === 6 && isLowerBase36(part) && isToken(parts, at),
    )
  )
    return 'bootstrap token';
  if (word.length > 30 && decodesTo(parts[0] ?? '', '{"')) return 'web token';
  if (word.length > 30 && decodesToPrivate(word)) return 'private key in base64';
  if (
    word.length >= 20 &&
    (word.startsWith('AKIA') || word.startsWith('ASIA')) &&
    word.slice(0, 20) === word.slice(0, 20).toUpperCase() &&
    !/[^A-Z0-9]/.test(word.slice(0, 20))
  )
    return 'cloud key';
  if (word.toUpperCase().startsWith('AGE-SECRET-KEY-') && word.length > 40) return 'age key';
  const dollars = word.split('$');
  if (
    dollars.length >= 4 &&
    /^(?:[12567y]|2[aby]|gy|argon2i?d?)$/.test(dollars[1] ?? '') &&
    (dollars.at(-1)?.length ?? 0) > 10
  )
    return 'password hash';
  const [, authority] = word.split('://');
  const user = authority?.split('/')[0]?.split('@') ?? [];
  if (user.length > 1 && user[0] !== '' && user[0]?.includes(':')) return 'password in a URL';
  return null;
}

function isToken(parts: readonly string[], at: number): boolean {
  const id = parts[at - 1] ?? '';
  return id.length === 6 && isLowerBase36(id) && parts.length === 2;
}

function isLowerBase36(text: string): boolean {
  for (const character of text)
    if (!((character >= 'a' && character <= 'z') || (character >= '0' && character <= '9'))) return false;
  return true;
}

function assignedRule(word: string): string | null {
  const sign = word.indexOf('=') >= 0 ? '=' : ':';
  const at = word.indexOf(sign);
  return at > 0 && at < word.length - 1 ? namedRule(word.slice(0, at), word.slice(at + 1)) : null;
}

/** Names that leave no doubt: what ends in password, passphrase, secret or token. */
function namedRule(name: string, value: string): string | null {
  const end = name.toLowerCase().replace(/[_.-]/g, '');
  const named = [
    'password',
    'passwd',
    'passphrase',
    'clientsecret',
    'accesstoken',
    'authtoken',
    'apikey',
    'privatekey',
    'presharedkey',
  ].some(sure => end.endsWith(sure));
  if (!named || value.length < 6 || value.includes('redacted:') || value.startsWith('/')) return null;
  const mixed = [/[a-z]/, /[A-Z]/, /\d/, /[^\w/.:-]/].filter(kind => kind.test(value)).length;
  return mixed >= 2 ? 'a value under a secret name' : null;
}

function isBase64Line(line: string): boolean {
  const text = line.trim().split(' ').at(-1) ?? '';
  return (
    text.length >= 40 && Buffer.from(text, 'base64').toString('base64').replaceAll('=', '') === text.replaceAll('=', '')
  );
}

function decodesTo(text: string, wanted: string): boolean {
  return Buffer.from(text.slice(0, 8), 'base64').toString('latin1').startsWith(wanted) && text.startsWith('e');
}

function decodesToPrivate(word: string): boolean {
  const text = word.slice(word.indexOf('=') > 0 && word.indexOf('=') < word.length - 3 ? word.indexOf('=') + 1 : 0);
  for (const skip of [0, 1, 2, 3]) {
    if (
      Buffer.from(text.slice(skip, skip + 96), 'base64')
        .toString('latin1')
        .includes('PRIVATE KEY')
    )
      return true;
  }
  return false;
}
