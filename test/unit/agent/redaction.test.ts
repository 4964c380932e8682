import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../agent/redaction.ts';

const secret = 'pass"phrase/with \\ odd+chars&ä';

describe('a known secret', () => {
  const redactor = createRedactor();
  redactor.addSecret(secret);
  const around = (text: string) => `before ${text} after`;

  it.each([
    ['raw', around(secret)],
    ['as JSON', around(JSON.stringify({ a: secret }))],
    ['in a URL', around(encodeURIComponent(secret))],
    ['in base64', around(Buffer.from(secret).toString('base64'))],
    ['in base64url', around(Buffer.from(secret).toString('base64url'))],
    ['in base64 after one byte', around(Buffer.from(`x${secret}yz`).toString('base64'))],
    ['in base64 after two bytes', around(Buffer.from(`xy${secret}z`).toString('base64'))],
    ['in base64 after four bytes', around(Buffer.from(`user:${secret}`).toString('base64'))],
  ])('%s', (_form, text) => {
    const clean = redactor.redact(text);
    expect(clean).toContain('<redacted:secret:');
    expect(clean).not.toContain('phrase/with');
    const decoded = Buffer.from(/\S*<redacted:secret:\w+>\S*/.exec(clean)?.[0] ?? '', 'base64').toString();
    expect(decoded).not.toContain('phrase');
    expect(clean.startsWith('before ')).toBe(true);
  });

  it('as bytes', () => {
    const bytes = createRedactor();
    bytes.addSecret(Buffer.from('canary-secret'));
    expect(bytes.redact('a canary-secret b')).toMatch(/^a <redacted:secret:[0-9a-f]{8}> b$/);
  });

  it('that is too short is left, or every text would be torn', () => {
    const short = createRedactor();
    short.addSecret('');
    short.addSecret('abc');
    expect(short.redact('abc')).toBe('abc');
  });

  it('within another one goes with it', () => {
    const nested = createRedactor();
    nested.addSecret('inner');
    nested.addSecret('outer-inner-outer');
    expect(nested.redact('outer-inner-outer')).toMatch(/^<redacted:secret:[0-9a-f]{8}>$/);
  });
});

describe('a pattern', () => {
  const { redact } = createRedactor();
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });

  it.each([
    ['a private key', `x ${pem} y`],
    ['a private key in JSON', JSON.stringify({ key: pem })],
    ['a private key that is cut off', `x ${String(pem).slice(0, 90)}`],
    [
      'an encrypted private key',
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nCANARYCANARY\n-----END ENCRYPTED PRIVATE KEY-----',
    ],
    ['a password in a URL', 'http://user:CANARYCANARY@proxy:3128/'],
    ['a user in a URL', 'http://CANARYCANARY@proxy:3128/'],
    ['an Authorization header', 'Authorization: Bearer CANARYCANARY'],
    ['a Proxy-Authorization header', 'proxy-authorization: Basic CANARYCANARY'],
    ['a header in JSON', '{"authorization":"Basic CANARYCANARY"}'],
    ['a header in escaped JSON', '{\\"authorization\\":\\"Basic CANARYCANARY\\"}'],
    ['a join state header', 'conjurer-join-state: CANARYCANARY.x-y_z'],
    ['a join state in JSON', '"joinState":"CANARYCANARY"'],
    ['a recovery ticket', '"recoveryTicket": "CANARYCANARY"'],
  ])('%s', (_name, text) => {
    const clean = redact(text);
    expect(clean).toContain('<redacted:');
    expect(clean).not.toContain('CANARY');
    expect(clean).not.toContain(String(pem).split('\n')[1]);
  });

  it.each([
    'https://controller.example:8443/conjurer/v1/meta',
    'claim code ABCD-EFGH, fingerprint SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
    'a@b.example wrote; see http://x/y@z',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    'ask for a recovery ticket: conjurer recover --ticket FILE',
  ])('leaves %j alone', text => {
    expect(redact(text)).toBe(text);
  });

  it('stays fast on long hostile text', () => {
    const long = ['a.'.repeat(100_000), 'http://'.repeat(50_000), '-----BEGIN PRIVATE KEY-----'.repeat(5_000)];
    for (const text of long) expect(redact(text).length).toBeGreaterThan(0);
  });
});

it('a value is cleaned in its strings, keys and secret fields, and keeps its shape', () => {
  const redactor = createRedactor();
  redactor.addSecret('canary-secret');
  const mark = /^<redacted:secret:[0-9a-f]{8}>$/;
  const keyMark = redactor.redact('canary-secret');
  const value = {
    passphrase: 'anything',
    password: null,
    list: ['canary-secret', 1, true, null],
    inner: { joinState: 'abc', 'canary-secret': 2 },
  };
  expect(redactor.redactValue(value)).toEqual({
    passphrase: expect.stringMatching(/^<redacted:password:[0-9a-f]{8}>$/),
    password: null,
    list: [expect.stringMatching(mark), 1, true, null],
    inner: { joinState: expect.stringMatching(/^<redacted:join-state:[0-9a-f]{8}>$/), [keyMark]: 2 },
  });
});
