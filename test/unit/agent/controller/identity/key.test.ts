import { createPrivateKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { certificateFitsKey } from '../../../../../agent/controller/identity/certificate.ts';
import { claimCode, idempotencyKey, keyFingerprint } from '../../../../../agent/controller/identity/fingerprint.ts';
import { generateNodeKey, publicIdentity } from '../../../../../agent/controller/identity/key.ts';
import { createAuthority } from '../../../../controller/pki/authority.ts';
import { refused } from '../refused.ts';

test('a new key is P-256 in PKCS#8 PEM, and another each time', () => {
  const { keyPem, ...identity } = generateNodeKey();
  expect(keyPem.toString()).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(createPrivateKey(keyPem).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  expect(publicIdentity(keyPem)).toEqual(identity);
  expect(generateNodeKey().keyFingerprint).not.toBe(identity.keyFingerprint);
  const key = createPrivateKey(keyPem);
  expect(
    verify('sha256', keyPem, { key: identity.spki, format: 'der', type: 'spki' }, sign('sha256', keyPem, key)),
  ).toBe(true);
});

test('fingerprint and claim code are those of the hash', () => {
  // SHA-256 of "abc" is ba7816bf 8f…, of nothing e3b0c442 98….
  expect(keyFingerprint(Buffer.from('abc'))).toBe('SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0');
  expect(claimCode(Buffer.from('abc'))).toBe('Q9W1-DFWF');
  expect(claimCode(Buffer.alloc(0))).toBe('WERC-8GMR');
});

test('the idempotency key is 43 characters of base64url over cluster, name and key', () => {
  // printf 'c\0n\0k' | openssl dgst -sha256 -binary | basenc --base64url
  expect(idempotencyKey('c', 'n', Buffer.from('k'))).toBe('sUyj_FcsYNY0WC475gbTd0_IM8V1uFSsacZQc27E3AM');
  expect(idempotencyKey('c', 'n', Buffer.from('l'))).not.toBe(idempotencyKey('c', 'n', Buffer.from('k')));
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('not a key')],
  [
    'a P-384 key',
    Buffer.from(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'pkcs8', format: 'pem' })),
  ],
  ['an Ed25519 key', Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))],
])('%s is a damaged state file', async (_name, bytes) => {
  expect(await refused(() => publicIdentity(bytes))).toMatchObject({ code: 'E_STATE_INVALID' });
});

test('a certificate fits its key alone', async () => {
  const ca = await createAuthority('ca', new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z'));
  const { keyPem, spki } = generateNodeKey();
  const pem = await ca.issue({
    spki,
    subject: [{ CN: ['x'] }],
    sans: [],
    usage: 'client',
    from: new Date(),
    to: new Date(),
  });
  expect(certificateFitsKey(Buffer.from(pem), keyPem)).toBe(true);
  expect(certificateFitsKey(Buffer.from(pem + ca.pem), keyPem)).toBe(true);
  expect(certificateFitsKey(Buffer.from(ca.pem), keyPem)).toBe(false);
  expect(certificateFitsKey(Buffer.from('torn'), keyPem)).toBe(false);
});
