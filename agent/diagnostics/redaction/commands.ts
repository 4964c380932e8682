import { isHarmless } from './fields.ts';
import { type Span, span } from './span.ts';

interface CommandRule {
  /** Lower case; the rule looks only at lines that hold it. */
  readonly word: string;
  /** The secret is the last group. */
  readonly argument: RegExp;
}

/** Programs that take a password where its name does not say so. Each pattern begins at a space and is bounded. */
export const commandRules: readonly CommandRule[] = [
  { word: 'curl', argument: /[\s"'](?:-u|-U|--user|--proxy-user)(?:["',=\s]{1,8})([^\s"',:]{0,256}:[^\s"']{1,1024})/g },
  { word: 'etcdctl', argument: /[\s"']--user(?:["',=\s]{1,8})([^\s"',:]{1,256}:[^\s"']{1,1024})/g },
  { word: 'sshpass', argument: /[\s"']-p["',\s]{0,8}([^\s"',]{1,1024})/g },
  { word: 'mysql', argument: /[\s"']-p([^\s"',]{1,1024})/g },
  { word: 'mariadb', argument: /[\s"']-p([^\s"',]{1,1024})/g },
  { word: 'docker', argument: /[\s"']-p["',\s]{1,8}([^\s"',:]{1,1024})(?=[\s"',]|$)/g },
  { word: 'crictl', argument: /[\s"']--(?:creds|auth)(?:["',=\s]{1,8})([^\s"',]{1,1024})/g },
  { word: 'ctr', argument: /[\s"'](?:-u|--user)(?:["',=\s]{1,8})([^\s"',]{1,1024})/g },
  { word: 'redis-cli', argument: /[\s"']-a["',\s]{1,8}([^\s"',]{1,1024})/g },
  { word: 'ldap', argument: /[\s"']-w["',\s]{1,8}([^\s"',]{1,1024})/g },
  {
    word: 'htpasswd',
    argument: /[\s"']-\w{0,4}b\w{0,4}(?:["',\s]{1,8}[^\s"',]{1,256}){2}["',\s]{1,8}([^\s"',]{1,1024})/g,
  },
  { word: 'useradd', argument: /[\s"']-p["',\s]{1,8}([^\s"',]{1,1024})/g },
  { word: 'usermod', argument: /[\s"']-p["',\s]{1,8}([^\s"',]{1,1024})/g },
  { word: 'smbclient', argument: /[\s"']-U["',\s]{0,8}[^\s"',%]{1,256}%([^\s"',]{1,1024})/g },
  { word: 'from-literal', argument: /from-literal[=\s"',]{1,8}[^\s"',=]{1,256}=([^\s"',]{1,4096})/g },
  { word: 'chpasswd', argument: /(?:^|[\s"'])[a-z_][\w-]{0,31}:([^\s"'|:]{1,1024})/g },
  { word: 'basic ', argument: /\bBasic\s{1,8}([A-Za-z0-9+/_-]{6,4096}={0,2})/gi },
  { word: 'bearer', argument: /\bBearer(?:\s|%20|\\u0020){1,8}([A-Za-z0-9._~+/-]{6,8192}={0,2})/gi },
  { word: 'xauth', argument: /\bXAUTH\s{1,8}["']?([^\s"']{1,1024})/g },
  { word: 'eap ', argument: /\bEAP\s{1,8}["']([^"']{1,1024})/g },
  { word: 'auth', argument: /\bauth(?:-trunc)?\s{1,8}\S{1,64}\s{1,8}(0x[0-9a-f]{8,512})/g },
  { word: 'enc ', argument: /\benc\s{1,8}\S{1,64}\s{1,8}(0x[0-9a-f]{8,512})/g },
  { word: 'aead ', argument: /\baead\s{1,8}\S{1,64}\s{1,8}(0x[0-9a-f]{8,512})/g },
  { word: 'sae ', argument: /\bsae\s{1,8}["']([^"']{1,1024})/g },
  { word: 'proctitle=', argument: /proctitle=((?:[0-9A-F]{2}){8,8192})/g },
];

export function commandSpans(line: string): Span[] {
  const lower = line.toLowerCase();
  return commandRules.flatMap(({ word, argument }) => {
    if (!lower.includes(word)) return [];
    return [...line.matchAll(argument)].flatMap(match => {
      const secret = match.at(-1) ?? '';
      const end = match.index + match[0].length;
      if (isHarmless(secret) || !isMeant(word, secret)) return [];
      return [span(line, end - secret.length, end, typeOf(word))];
    });
  });
}

function isMeant(word: string, secret: string): boolean {
  if (word === 'basic ') return Buffer.from(secret, 'base64').includes(58);
  if (word === 'bearer') return secret.length >= 16 || /\d/.test(secret);
  if (word === 'mysql' || word === 'mariadb') return !/^(?:id|ort)\b/.test(secret);
  if (word === 'docker') return !/^\d+$/.test(secret);
  if (word === 'chpasswd') return !/^(?:\/|\d+$)/.test(secret);
  if (word === 'proctitle=')
    return /pass|secret|token|key|cred|auth|:\/\//i.test(Buffer.from(secret, 'hex').toString('latin1'));
  return true;
}

function typeOf(word: string): string {
  if (word === 'basic ' || word === 'bearer') return 'authorization';
  if (word === 'auth' || word === 'enc ' || word === 'aead ' || word === 'xauth' || word === 'eap ') return 'ipsec';
  return 'argument';
}
