import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { claimCode, keyFingerprint } from '../controller/pki/keys.ts';
import { sampleCredentials } from '../support/credentials.ts';

const FAST = ['good', 'key-weak-kdf', 'key-weak-scrypt', 'good-scrypt-key', 'key-aes128', 'key-pbes1-3des'];

describe('sample credentials', () => {
  test('every sample is made, each once', async () => {
    const samples = await sampleCredentials();
    expect(new Set(samples.map(sample => sample.name)).size).toBe(58);
    expect(samples.filter(sample => !('check' in sample.expected))).toHaveLength(11);
  });

  test('a name that no sample has is said', async () => {
    await expect(sampleCredentials({ only: ['good', 'godo'] })).rejects.toThrow('no such sample: godo');
  });

  test('every lock opens with its passphrase: only what the sample is about is wrong', async () => {
    for (const sample of await sampleCredentials({ only: FAST })) {
      const key = createPrivateKey({ key: sample.credentials, format: 'pem', passphrase: sample.passphrase });
      expect(key.asymmetricKeyDetails, sample.name).toEqual({ namedCurve: 'prime256v1' });
      expect(() => createPrivateKey({ key: sample.credentials, format: 'pem', passphrase: 'x'.repeat(20) })).toThrow();
    }
  });

  test('the good pair: leaf under CA, and the fingerprint that is expected', async () => {
    const [good] = await sampleCredentials({ only: ['good'] });
    const blocks =
      good?.credentials.toString().match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const [leaf, ca] = blocks.map(block => new X509Certificate(block));
    if (!leaf || !ca || !good) throw new Error('two certificates are expected');
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.subjectAltName).toBe('URI:urn:conjurer:cluster:cluster-sample');
    expect(good.expected).toMatchObject({
      leafSpkiFingerprint: keyFingerprint(leaf.publicKey.export({ type: 'spki', format: 'der' })),
      caSha256: [ca.fingerprint256],
    });
  });
});

describe('names of a key', () => {
  test('the claim code is the first 40 bits of the digest in Crockford base32', () => {
    // SHA-256 of the empty string starts with e3b0c44298, of "abc" with ba7816bf8f.
    expect(claimCode(Buffer.alloc(0))).toBe('WERC-8GMR');
    expect(claimCode(Buffer.from('abc'))).toBe('Q9W1-DFWF');
    expect(keyFingerprint(Buffer.from('abc'))).toBe('SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0');
  });
});
