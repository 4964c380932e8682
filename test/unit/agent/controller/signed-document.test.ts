import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { verifyConfigDocument, verifySignedTime } from '../../../../agent/controller/signed-document.ts';
import { type Authority, createAuthority } from '../../../controller/pki/authority.ts';
import { configSigner } from '../../../support/config-signer.ts';
import { refused } from './refused.ts';

const FROM = new Date('2026-01-01T00:00:00Z');
const TO = new Date('2046-01-01T00:00:00Z');
const NONCE = 'n'.repeat(22);
const content = { aud: 'node-1', clusterId: 'edge-01', generation: 3, requires: [], ntp: { servers: ['10.0.0.1'] } };
const document = { ...content, nonce: NONCE, issuedAt: '2026-06-01T00:00:00Z' };

const current = configSigner('current');
const next = configSigner('next');
const stranger = configSigner('current');
const expected = {
  configKeys: [current.key, next.key],
  nodeId: 'node-1',
  clusterId: 'edge-01',
  nonce: NONCE,
  applied: null,
};
const verify = (jws: string, changes: Partial<Parameters<typeof verifyConfigDocument>[1]> = {}) =>
  refused(() => verifyConfigDocument(jws, { ...expected, ...changes }));
const refusal = (check: string) => ({ code: 'E_CONFIG_DOCUMENT_REFUSED', check });

// The content in its RFC 8785 form, written by hand.
const CANONICAL = '{"aud":"node-1","clusterId":"edge-01","generation":3,"ntp":{"servers":["10.0.0.1"]},"requires":[]}';
const HASH = createHash('sha256').update(CANONICAL).digest('hex');

describe('an accepted document', () => {
  test('gives the document, the hash of its content and the text that was signed', async () => {
    const text = JSON.stringify(document, null, 2);
    expect(await verify(current.jws(text))).toEqual({ document, hash: HASH, payloadText: text });
  });

  test('by any pinned key, under either name of the algorithm', async () => {
    expect(await verify(next.jws(document))).toMatchObject({ hash: HASH });
    expect(await verify(current.jws(document, { alg: 'EdDSA' }))).toMatchObject({ hash: HASH });
  });

  test('the hash counts fields that this version does not know, and not the nonce or the time', async () => {
    const other = { ...document, nonce: 'm'.repeat(30), issuedAt: '2027-01-01T00:00:00Z' };
    expect(await verify(current.jws(other), { nonce: other.nonce })).toMatchObject({ hash: HASH });
    const more = (await verify(current.jws({ ...document, future: 1 }))) as { hash: string };
    expect(more.hash).not.toBe(HASH);
  });
});

describe('the envelope', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  test.each([
    ['none', { alg: 'none' }, 'alg'],
    ['HS256', { alg: 'HS256' }, 'alg'],
    ['ES256', { alg: 'ES256' }, 'alg'],
    ['Ed448', { alg: 'Ed448' }, 'alg'],
    ['the type of a signed time', { typ: 'conjurer-time+jws' }, 'typ'],
    ['no type', { typ: undefined }, 'format'],
    ['a type in capitals', { typ: 'CONJURER-CONFIG+JWS' }, 'typ'],
    ['an unknown key', { kid: 'other' }, 'kid'],
    ['no key', { kid: undefined }, 'format'],
    ['a key that came along', { jwk: stranger.key }, 'format'],
    ['a certificate that came along', { x5c: [] }, 'format'],
    ['an address of keys', { jku: 'https://attacker.example' }, 'format'],
    ['critical extensions', { crit: ['b64'], b64: true }, 'format'],
    ['an unencoded payload', { b64: false, crit: ['b64'] }, 'format'],
    ['anything else', { x: 1 }, 'format'],
  ])('refused: %s', async (_name, header, check) => {
    expect(await verify(current.jws(document, header))).toEqual(refusal(check));
  });

  test('refused: another key under a pinned name, another signature, another payload', async () => {
    expect(await verify(stranger.jws(document))).toEqual(refusal('signature'));
    expect(await verify(next.jws(document, { kid: 'current' }))).toEqual(refusal('signature'));
    const [head, body, signature] = current.jws(document).split('.');
    expect(await verify(`${head}.${part({ ...document, generation: 9 })}.${signature}`)).toEqual(refusal('signature'));
    expect(await verify(`${head}.${body}.${'A'.repeat(86)}`)).toEqual(refusal('signature'));
  });

  test.each(['', 'a.b', 'a.b.c', 'a.b.c.d', '..', '{"payload":""}', ' a.b.c'])('refused: %j', async text => {
    expect(await verify(text)).toEqual(refusal('format'));
  });
});

describe('the content', () => {
  test.each([
    ['schema', { generation: 0 }],
    ['schema', { generation: '3' }],
    ['schema', { requires: undefined }],
    ['schema', { handoff: { driver: 'bash' } }],
    ['aud', { aud: 'node-2' }],
    ['cluster', { clusterId: 'edge-02' }],
    ['nonce', { nonce: 'm'.repeat(22) }],
    ['requires', { requires: ['future'] }],
  ])('refused: %s of %j', async (check, changes) => {
    expect(await verify(current.jws({ ...document, ...changes }))).toEqual(refusal(check));
  });

  test.each(['', 'null', '[]', '{', JSON.stringify(document).replace('"aud"', '"aud":"node-2","aud"')])(
    'refused: %j',
    async text => {
      expect(await verify(current.jws(text || ' '))).toEqual(refusal('schema'));
    },
  );

  test('the generation rises, or stays with the same content', async () => {
    const jws = current.jws(document);
    expect(await verify(jws, { applied: { generation: 2, hash: 'x' } })).toMatchObject({ hash: HASH });
    expect(await verify(jws, { applied: { generation: 3, hash: HASH } })).toMatchObject({ hash: HASH });
    expect(await verify(jws, { applied: { generation: 3, hash: 'x' } })).toEqual(refusal('generation'));
    expect(await verify(jws, { applied: { generation: 4, hash: HASH } })).toEqual(refusal('generation'));
  });
});

describe('the trust section', () => {
  let ca: Authority;
  let middle: Authority;
  beforeAll(async () => {
    ca = await createAuthority('ca', FROM, TO);
    middle = await ca.issueAuthority('middle', FROM, TO);
  });
  const withTrust = (cas: string[], configKeys: unknown[] = [current.key]) =>
    verify(current.jws({ ...document, trust: { cas, configKeys } }));

  test('new CAs and keys, as long as the signing key stays', async () => {
    expect(await withTrust([ca.pem])).toHaveProperty('hash');
    expect(await withTrust([middle.pem, ca.pem], [next.key, current.key])).toHaveProperty('hash');
  });

  test('refused', async () => {
    const leaf = await ca.issue({
      spki: ca.key.spki,
      subject: [{ CN: ['x'] }],
      sans: [],
      usage: 'server',
      from: FROM,
      to: TO,
    });
    expect(await withTrust([ca.pem], [next.key])).toEqual(refusal('trust'));
    expect(await withTrust([ca.pem], [stranger.key])).toEqual(refusal('trust'));
    expect(await withTrust([ca.pem], [current.key, { ...next.key, kid: 'current' }])).toEqual(refusal('trust'));
    expect(await withTrust([ca.pem], [current.key, { ...next.key, x: 'AAAA' }])).toEqual(refusal('trust'));
    expect(await withTrust(['not a certificate'])).toEqual(refusal('trust'));
    expect(await withTrust([ca.pem + ca.pem])).toEqual(refusal('trust'));
    expect(await withTrust([ca.pem, leaf])).toEqual(refusal('trust'));
    expect(await withTrust([middle.pem])).toEqual(refusal('trust'));
    expect(await withTrust([])).toEqual(refusal('schema'));
  });
});

describe('the signed time', () => {
  const time = { nonce: NONCE, now: '2026-06-01T12:00:00Z' };
  const typ = { typ: 'conjurer-time+jws' };
  const verifyTime = (jws: string, nonce = NONCE) =>
    refused(() => verifySignedTime(jws, { configKeys: expected.configKeys, nonce }));
  const late = (check: string) => ({ code: 'E_CLOCK_WRONG', check });

  test('accepted', async () => {
    expect(await verifyTime(current.jws(time, typ))).toEqual(new Date('2026-06-01T12:00:00Z'));
  });

  test('refused', async () => {
    expect(await verifyTime(current.jws(time, typ), 'm'.repeat(22))).toEqual(late('nonce'));
    expect(await verifyTime(current.jws(time))).toEqual(late('typ'));
    expect(await verifyTime(stranger.jws(time, typ))).toEqual(late('signature'));
    expect(await verifyTime(current.jws({ ...time, now: 'noon' }, typ))).toEqual(late('schema'));
    expect(await verifyTime(current.jws({ ...time, now: '2026-06-01T12:00:00.5Z' }, typ))).toEqual(late('schema'));
  });
});
