import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509CertificateGenerator } from '@peculiar/x509';
import { expect, test } from 'vitest';
import { mayIssue } from '../../../../../agent/controller/identity/certificate.ts';
import { followChain } from '../../../../../agent/controller/identity/follow-chain.ts';

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const newKeys = () => webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
type Keys = webcrypto.CryptoKeyPair;

interface Shape {
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly usage?: KeyUsageFlags;
}

/** A certificate of any shape, for authorities that a careful Controller does not have. */
async function certificate(name: string, keys: Keys, issuer: string, issuerKeys: Keys, shape: Shape = { ca: true }) {
  const made = await X509CertificateGenerator.create({
    serialNumber: '01',
    subject: `CN=${name}`,
    issuer: `CN=${issuer}`,
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2027-01-01T00:00:00Z'),
    publicKey: keys.publicKey,
    signingKey: issuerKeys.privateKey,
    signingAlgorithm: SIGNING,
    extensions: [
      ...(shape.ca === undefined ? [] : [new BasicConstraintsExtension(shape.ca, shape.pathLength, true)]),
      new KeyUsagesExtension(shape.usage ?? KeyUsageFlags.keyCertSign, true),
    ],
  });
  return new X509Certificate(Buffer.from(made.rawData));
}

test('a path length holds for the CAs below it', async () => {
  const [rootKeys, middleKeys, leafKeys] = [await newKeys(), await newKeys(), await newKeys()];
  const root = await certificate('root', rootKeys, 'root', rootKeys, { ca: true, pathLength: 0 });
  const middle = await certificate('middle', middleKeys, 'root', rootKeys);
  const direct = await certificate('leaf', leafKeys, 'root', rootKeys, { ca: false });
  const below = await certificate('leaf', leafKeys, 'middle', middleKeys, { ca: false });
  expect(mayIssue(root, 0)).toBe(true);
  expect(mayIssue(root, 1)).toBe(false);
  expect(mayIssue(middle, 7)).toBe(true);
  expect(followChain(direct, { presented: [], pinned: [root] })).toBe('root');
  expect(followChain(below, { presented: [middle], pinned: [root] })).toBe('no-root');
});

test('a CA that certifies its own next key does not count in path lengths', async () => {
  const [oldKeys, newerKeys, leafKeys] = [await newKeys(), await newKeys(), await newKeys()];
  const root = await certificate('root', oldKeys, 'root', oldKeys, { ca: true, pathLength: 0 });
  const next = await certificate('root', newerKeys, 'root', oldKeys, { ca: true, pathLength: 0 });
  const leaf = await certificate('leaf', leafKeys, 'root', newerKeys, { ca: false });
  expect(followChain(leaf, { presented: [next], pinned: [root] })).toBe('root');
});

test.each([
  ['no basic constraints', {}],
  ['CA: false', { ca: false }],
  ['a key usage without keyCertSign', { ca: true, usage: KeyUsageFlags.digitalSignature }],
])('not a CA: %s', async (_name, shape) => {
  const [rootKeys, leafKeys] = [await newKeys(), await newKeys()];
  const root = await certificate('root', rootKeys, 'root', rootKeys, shape);
  const leaf = await certificate('leaf', leafKeys, 'root', rootKeys, { ca: false });
  expect(followChain(leaf, { presented: [], pinned: [root] })).toBe('no-issuer');
});

test('a self-signed CA that came along is no root', async () => {
  const [rogueKeys, leafKeys, rootKeys] = [await newKeys(), await newKeys(), await newKeys()];
  const rogue = await certificate('root', rogueKeys, 'root', rogueKeys);
  const root = await certificate('root', rootKeys, 'root', rootKeys);
  const leaf = await certificate('leaf', leafKeys, 'root', rogueKeys, { ca: false });
  expect(followChain(leaf, { presented: [rogue], pinned: [root] })).toBe('no-root');
  expect(followChain(leaf, { presented: [], pinned: [root, rogue] })).toBe('root');
});

test('CAs that certify each other are no way to a root, and end', async () => {
  const [a, b, leafKeys] = [await newKeys(), await newKeys(), await newKeys()];
  const ring = [await certificate('a', a, 'b', b), await certificate('b', b, 'a', a)];
  const leaf = await certificate('leaf', leafKeys, 'a', a, { ca: false });
  expect(followChain(leaf, { presented: [], pinned: ring })).toBe('no-root');
});
