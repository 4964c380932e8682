import { isBase64 } from './known-secrets.ts';
import { type Span, span } from './span.ts';

/** Secrets that are known by how they look: what begins with the anchor and goes on over `run` characters. */
interface Shape {
  readonly type: string;
  readonly anchor: string;
  readonly ignoreCase?: boolean;
  /** Looks at the run, anchor included, once. */
  readonly fits: (run: string) => boolean;
  readonly run: (code: number) => boolean;
  /** The run reaches to the left of the anchor too. */
  readonly backwards?: boolean;
}

const word = (code: number) => isBase64(code) && code !== 43 && code !== 47 && code !== 61;
const dotted = (code: number) => isBase64(code) || code === 46;
const hash = (code: number) => isBase64(code) || code === 36 || code === 44 || code === 46 || code === 92;
const longer = (length: number) => (run: string) => run.length >= length;
const base64Key = { type: 'private-key', run: isBase64, backwards: true, fits: longer(16) } as const;
const token = (type: string, anchor: string, length: number): Shape => ({
  type,
  anchor,
  run: word,
  fits: longer(length),
});

export const shapes: readonly Shape[] = [
  { type: 'jwt', anchor: 'eyJ', run: dotted, fits: longer(20) },
  { type: 'jwt', anchor: 'ZXlK', run: isBase64, fits: longer(28) },
  // "PRIVATE KEY" and what it begins with, within base64, in three alignments.
  ...['UFJJVkFURSBLRV', 'BSSVZBVEUgS0VZ', 'QUklWQVRFIEtFW'].map(anchor => ({ ...base64Key, anchor })),
  ...['LS0tLS1CRUdJTi', '0tLS0tQkVHSU4g', 'tLS0tLUJFR0lOI'].map(anchor => ({
    ...base64Key,
    anchor,
    fits: (run: string) => !isPublicPem(run),
  })),
  // Private keys as DER: version 0 or 1 directly behind the length; OpenSSH's own format.
  { ...base64Key, anchor: 'MII', fits: (run: string) => /^MII[A-P][A-Za-z0-9+/][AQgw]IBA[AD]/.test(run) },
  ...['MIGHAgEA', 'MIG2AgEA', 'MIHuAgEA', 'MC4CAQAw', 'MHcCAQEE', 'MIGkAgEB', 'MIHcAgEB', 'b3BlbnNzaC1rZXktdjE'].map(
    anchor => ({ ...base64Key, backwards: false, anchor }),
  ),
  ...[
    '$1$',
    '$2a$',
    '$2b$',
    '$2y$',
    '$5$',
    '$6$',
    '$7$',
    '$y$',
    '$gy$',
    '$argon2',
    '$apr1$',
    '$pbkdf2',
    '$scrypt$',
  ].map(anchor => ({ type: 'password-hash', anchor, run: hash, fits: longer(anchor.length + 8) })),
  ...['\\$1\\$', '\\$5\\$', '\\$6\\$', '\\$y\\$', '{SSHA', '{SHA', '{CRYPT}', 'SCRAM-SHA-'].map(anchor => ({
    type: 'password-hash',
    anchor,
    run: (code: number) => hash(code) || code === 123 || code === 125 || code === 58,
    fits: longer(anchor.length + 8),
  })),
  { type: 'age-key', anchor: 'age-secret-key-', ignoreCase: true, run: word, fits: longer(24) },
  ...['AKIA', 'ASIA'].map(anchor => ({
    type: 'cloud-key',
    anchor,
    run: word,
    fits: (run: string) => /^A[KS]IA[A-Z0-9]{12}/.test(run),
  })),
  token('cloud-key', 'AIza', 30),
  { type: 'cloud-key', anchor: 'ya29.', run: dotted, fits: longer(20) },
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'glpat-', 'npm_', 'dckr_pat_', 'dop_v1_', 'pypi-AgE'].map(
    anchor => token('token', anchor, 20),
  ),
  ...['xoxa-', 'xoxb-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-'].map(anchor => token('token', anchor, 16)),
  ...['sk_live_', 'rk_live_', 'sk-ant-', 'sk-proj-', 'sk_test_'].map(anchor => token('token', anchor, 20)),
  ...['hvs.', 'hvb.', 'hvr.', 'SG.'].map(anchor => ({ type: 'token', anchor, run: dotted, fits: longer(20) })),
  { type: 'token', anchor: 'hooks.slack.com/services/', run: word2, fits: longer(36) },
];

export function shapeSpans(line: string): Span[] {
  const spans: Span[] = [];
  let lower: string | null = null;
  for (const shape of shapes) {
    if (shape.ignoreCase) lower ??= line.toLowerCase();
    const text = shape.ignoreCase ? (lower ?? line) : line;
    let at = text.indexOf(shape.anchor);
    while (at >= 0) {
      let end = at + shape.anchor.length;
      while (end < line.length && shape.run(line.charCodeAt(end))) end++;
      let start = at;
      if (shape.fits(line.slice(at, end))) {
        while (shape.backwards && start > 0 && shape.run(line.charCodeAt(start - 1))) start--;
        spans.push(span(line, start, end, shape.type));
      }
      at = text.indexOf(shape.anchor, end);
    }
  }
  return spans;
}

/** id.secret of a kubeadm token. The id is public and stays. Both borders of a word, lower case only. */
export function kubeadmTokenSpans(line: string): Span[] {
  return [...line.matchAll(/(?<![A-Za-z0-9_])[a-z0-9]{6}\.([a-z0-9]{16})(?![A-Za-z0-9_])/g)].map(({ index }) =>
    span(line, index + 7, index + 23, 'kubeadm-token'),
  );
}

function word2(code: number): boolean {
  return word(code) || code === 47;
}

/** Base64 of a PEM block that is public, with nothing private behind it. */
function isPublicPem(run: string): boolean {
  for (const skip of [0, 1, 2, 3]) {
    const text = Buffer.from(run.slice(skip), 'base64').toString('latin1');
    if (/BEGIN (?:CERTIFICATE|PUBLIC KEY|TRUSTED|X509 CRL|NEW CERT|RSA PUBLIC)/.test(text))
      return !/PRIVATE/.test(text);
  }
  return false;
}
