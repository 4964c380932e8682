import { createHash, X509Certificate } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { verifyIssuedChain } from '../../../../../agent/controller/identity/issued-chain.ts';
import { generateNodeKey } from '../../../../../agent/controller/identity/key.ts';
import { type Authority, type CertificateOrder, createAuthority } from '../../../../controller/pki/authority.ts';
import { refused } from '../refused.ts';

const FROM = new Date('2026-01-01T00:00:00Z');
const TO = new Date('2027-01-01T00:00:00Z');
const NOW = new Date('2026-06-01T00:00:00Z');
const SAN = 'urn:conjurer:node:node-1';

const own = generateNodeKey();
let ca: Authority;
let middle: Authority;
let rogue: Authority;
beforeAll(async () => {
  ca = await createAuthority('ca', FROM, TO);
  rogue = await createAuthority('ca', FROM, TO);
  middle = await ca.issueAuthority('middle', FROM, TO);
});

const issue = (issuer: Authority, changes: Partial<CertificateOrder> = {}) =>
  issuer.issue({
    spki: own.spki,
    subject: [{ CN: ['node-1'] }],
    sans: [{ type: 'url', value: SAN }],
    usage: 'client',
    from: FROM,
    to: TO,
    ...changes,
  });
const check = (chain: string, now: Date | null = NOW, cas = [ca.pem]) =>
  refused(() => verifyIssuedChain({ chain, keyPem: own.keyPem, cas, san: SAN, now }));
const refusal = (check: string) => ({ code: 'E_CERTIFICATE_REFUSED', check });

test('a leaf of the pinned root', async () => {
  const leaf = await issue(ca);
  expect(await check(leaf)).toEqual({
    leafSha256: createHash('sha256').update(new X509Certificate(leaf).raw).digest('hex'),
    leafPem: leaf,
    notBefore: FROM,
    notAfter: TO,
  });
});

test('a leaf with its intermediate, also after an empty line', async () => {
  const leaf = await issue(middle);
  expect(await check(leaf + middle.pem)).toMatchObject({ leafPem: leaf });
  expect(await check(`${leaf}\n${middle.pem}\n`)).toMatchObject({ leafPem: leaf });
  expect(await check(leaf, NOW, [middle.pem, ca.pem])).toMatchObject({ leafPem: leaf });
});

test('dates count when the time is proved, and not before', async () => {
  const dates = { from: new Date('2024-01-01T00:00:00Z'), to: new Date('2025-01-01T00:00:00Z') };
  const late = await issue(ca, dates);
  expect(await check(late)).toEqual(refusal('expiry'));
  expect(await check(late, null)).toMatchObject({ notAfter: dates.to });
  expect(await check(await issue(ca), new Date('2025-12-31T00:00:00Z'))).toEqual(refusal('expiry'));
  const lateCa = await ca.issueAuthority('late', dates.from, dates.to);
  expect(await check((await issue(lateCa)) + lateCa.pem)).toEqual(refusal('expiry'));
});

test('refused: each for its own reason', async () => {
  expect(await check('')).toEqual(refusal('format'));
  expect(await check(`subject\n${await issue(ca)}`)).toEqual(refusal('format'));
  expect(await check((await issue(ca)).replaceAll('CERTIFICATE', 'PKCS7'))).toEqual(refusal('format'));
  expect(await check((await issue(ca)) + ca.pem)).toEqual(refusal('root'));
  expect(await check(await issue(ca, { spki: generateNodeKey().spki }))).toEqual(refusal('key'));
  expect(await check(await issue(rogue))).toEqual(refusal('issuer'));
  expect(await check(await issue(middle))).toEqual(refusal('issuer'));
  expect(await check((await issue(middle)) + middle.pem, NOW, [rogue.pem])).toEqual(refusal('issuer'));
  expect(await check(await issue(ca, { usage: 'server' }))).toEqual(refusal('clientAuth'));
  expect(await check(await issue(ca, { sans: [] }))).toEqual(refusal('san'));
  const two = await issue(ca, {
    sans: [
      { type: 'url', value: SAN },
      { type: 'url', value: `${SAN}2` },
    ],
  });
  expect(await check(two)).toEqual(refusal('san'));
  const operator = await issue(ca, { sans: [{ type: 'url', value: 'urn:conjurer:operator:node-1' }] });
  expect(await check(operator)).toEqual(refusal('san'));
});

test('a node certificate issues nothing', async () => {
  const { openAuthority } = await import('../../../../controller/pki/authority.ts');
  const { newP256Key } = await import('../../../../controller/pki/keys.ts');
  const thief = newP256Key();
  const stolen = await openAuthority(await issue(ca, { spki: thief.spki }), thief);
  expect(await check((await issue(stolen)) + stolen.pem)).toEqual(refusal('issuer'));
});
