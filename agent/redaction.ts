/** Takes secrets out of text and values before they are logged, printed or reported. */
export interface Redactor {
  /** From now on this secret is taken out in raw, base64, URL- and JSON-escaped form. Under 4 characters: ignored. */
  addSecret(secret: string | Uint8Array): void;
  redact(text: string): string;
  /** The same for every string and key of a value; what is under a key such as `password` goes whatever it is. */
  redactValue(value: unknown): unknown;
}

export function createRedactor(): Redactor {
  const known = new Set<string>();
  let ordered: string[] = [];

  const redact = (text: string): string => {
    let clean = text;
    for (const form of ordered) clean = clean.replaceAll(form, '<redacted:secret>');
    for (const { pattern, replacement } of patterns) clean = clean.replace(pattern, replacement);
    return clean;
  };

  const redactValue = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(redactValue);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        redact(key),
        secretKeys.test(key) && inner !== null ? '<redacted:field>' : redactValue(inner),
      ]),
    );
  };

  return {
    addSecret(secret) {
      const bytes = Buffer.from(secret);
      if (bytes.length < 4) return;
      for (const form of formsOf(bytes)) known.add(form);
      ordered = [...known].sort((a, b) => b.length - a.length);
    },
    redact,
    redactValue,
  };
}

const secretKeys =
  /^(passphrase|password|secret|token|joinState|conjurer-join-state|recoveryTicket|ticket|authorization|proxy-authorization|privateKey)$/i;

const patterns: readonly { readonly pattern: RegExp; readonly replacement: string }[] = [
  {
    pattern: /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g,
    replacement: '<redacted:private-key>',
  },
  { pattern: /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"']{1,1024}@/gi, replacement: '$1<redacted:userinfo>@' },
  {
    pattern: /\b((?:proxy-)?authorization\\?["']?\s{0,8}[:=]\s{0,8}\\?["']?)(?:[a-z]{1,20}\s+)?[^\s"'\\,;]+/gi,
    replacement: '$1<redacted:authorization>',
  },
  {
    pattern: /\b((?:conjurer-)?join-?state\\?["']?\s{0,8}[:=]\s{0,8}\\?["']?)[A-Za-z0-9._-]{8,}/gi,
    replacement: '$1<redacted:join-state>',
  },
  {
    pattern: /\b(recovery[-_]?ticket\\?["']?\s{0,8}[:=]\s{0,8}\\?["']?)[A-Za-z0-9._~+/=-]{8,}/gi,
    replacement: '$1<redacted:ticket>',
  },
];

function formsOf(bytes: Buffer): Set<string> {
  const text = bytes.toString('utf8');
  const forms = new Set([text, encodeURIComponent(text.toWellFormed()), JSON.stringify(text).slice(1, -1)]);
  for (const before of [0, 1, 2]) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const form = fixedPart(bytes, before, encoding);
      if (form.length >= 6) forms.add(form);
    }
  }
  return forms;
}

/** The characters of a base64 text that do not depend on what stands before (so many bytes) and after the secret. */
function fixedPart(bytes: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
  return encoded.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
}
