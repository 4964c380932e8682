import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRedactor } from '../../../../../agent/diagnostics/redaction/create-redactor.ts';

const forms: Readonly<Record<string, (secret: string) => string>> = {
  raw: secret => secret,
  json: secret => JSON.stringify(secret),
  'json in json': secret => JSON.stringify(JSON.stringify({ a: secret })),
  'json of Go': secret => JSON.stringify(secret).replace(/[<>&]/g, sign => `\\u00${sign.charCodeAt(0).toString(16)}`),
  url: secret => encodeURIComponent(secret),
  'url, small letters': secret => encodeURIComponent(secret).replace(/%../g, part => part.toLowerCase()),
  form: secret => new URLSearchParams({ a: secret }).toString(),
  'yaml quotes': secret => `'${secret.replaceAll("'", "''")}'`,
  hex: secret => Buffer.from(secret).toString('hex'),
  base64: secret => Buffer.from(secret).toString('base64'),
  'base64 behind one byte': secret => Buffer.from(`x${secret}`).toString('base64'),
  'base64 behind two bytes': secret => Buffer.from(`xy${secret}yz`).toString('base64'),
  'base64 of user and password': secret => Buffer.from(`user:${secret}`).toString('base64'),
  base64url: secret => Buffer.from(secret).toString('base64url'),
  'wrapped base64': secret =>
    Buffer.from(`some text before it, ${secret}`.repeat(3))
      .toString('base64')
      .replace(/(.{64})/g, '$1\n'),
};

const secrets = fc
  .string({ unit: fc.constantFrom(...'abcdefXYZ0189 &<>\'"\\/+=%ä€:'), minLength: 8, maxLength: 120 })
  .filter(secret => secret === secret.trim() && /[a-zX-Z]/.test(secret));

it.each(Object.entries(forms))('a known secret goes, whatever it is: %s', (_name, form) => {
  fc.assert(
    fc.property(secrets, fc.constantFrom('', 'x', 'word ', '", "', '\n'), (secret, before) => {
      const redactor = createRedactor({ salt: Buffer.from('s'), knownSecrets: [secret] });
      const written = form(secret);
      const clean = redactor.redact(`${before}${written} after`);
      expect(clean).toContain('<redacted:secret:');
      expect(clean).not.toContain(secret);
      for (const line of written.split('\n')) if (line.length >= 16) expect(clean).not.toContain(line.slice(4, -4));
      const scan = redactor.finalScan();
      scan.push(Buffer.from(clean));
      expect(scan.end()).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

it('of a known key of many lines each line goes', () => {
  const key = ['first line of it', 'second line of it', 'third'].join('\n');
  const redactor = createRedactor({ salt: Buffer.from('s'), knownSecrets: [key] });
  expect(redactor.redact('x second line of it y')).toMatch(/^x <redacted:secret:\w{8}> y$/);
});

it('the last scan knows them too, and says where', () => {
  const redactor = createRedactor({ salt: Buffer.from('s'), knownSecrets: ['correct horse'] });
  const hits = (text: string) => {
    const scan = redactor.finalScan();
    for (const character of Buffer.from(text)) scan.push(Buffer.from([character]));
    return scan.end();
  };
  expect(hits('a\nb correct horse')).toEqual([{ rule: 'known secret', offset: 4 }]);
  expect(hits(Buffer.from('xcorrect horse').toString('base64'))).toHaveLength(1);
  expect(hits('correct horses of other people, correct  horse')).toHaveLength(1);
  expect(hits('nothing')).toEqual([]);
});
