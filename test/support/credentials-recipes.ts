import { createHash, X509Certificate } from 'node:crypto';
import type { JsonGeneralNames } from '@peculiar/x509';
import type { Authority } from '../controller/pki/authority.ts';
import { type Enrollment, enrollmentBlock } from '../controller/pki/credentials-file.ts';
import { keyFingerprint } from '../controller/pki/keys.ts';
import { pem } from '../controller/pki/pem.ts';
import { type KeyLock, sealKey } from '../controller/pki/sealed-key.ts';
import type { CredentialsSample, RefusedCredentials } from './credentials.ts';
import { CLUSTER, CLUSTER_URI, DEAD, PASSPHRASE, type Workshop } from './credentials-workshop.ts';

/** All samples, each as what it shows and how it is made. */
export function sampleRecipes(shop: Workshop): Recipe[] {
  return [
    ...goodRecipes(shop),
    ...formatRecipes(shop),
    ...keyRecipes(shop),
    ...enrollmentRecipes(shop),
    ...leafRecipes(shop),
  ];
}

/** A sample that is not made yet: strong locks take seconds. */
export interface Recipe extends Pick<CredentialsSample, 'name' | 'why' | 'expected'> {
  readonly passphrase: string;
  readonly make: () => string | Buffer | Promise<string>;
}

const OTHER_PASSPHRASE = 'another passphrase, no secret';

function goodRecipes({ ca, otherCa, middleCa, key, leafBy, locked, enrollment, file, changed }: Workshop): Recipe[] {
  const accept = (name: string, why: string, make: Recipe['make'], passphrase = PASSPHRASE, cas = [ca]): Recipe => ({
    name,
    why,
    passphrase,
    make,
    expected: {
      clusterId: CLUSTER,
      controllerUrls: enrollment.controllerUrls,
      leafSpkiFingerprint: keyFingerprint(key.spki),
      caSha256: cas.map(one => new X509Certificate(one.pem).fingerprint256),
    },
  });
  const long = 'p'.repeat(1023);
  const withCas = (...cas: Authority[]) => changed({ cas: cas.map(one => one.pem) });
  return [
    accept('good', 'as a Controller makes it', () => file),
    accept('good-trailing-newline', 'the passphrase ends in LF', () => file, `${PASSPHRASE}\n`),
    accept('good-crlf', 'the passphrase ends in CR LF', () => file, `${PASSPHRASE}\r\n`),
    accept(
      'good-passphrase-1023',
      'a passphrase of 1,023 bytes and LF',
      async () => changed({ key: await locked(long), passphrase: Buffer.from(long) }),
      `${long}\n`,
    ),
    accept('good-white-space-after', 'empty lines and blanks after the last block', () => `${file}\n \t\r\n`),
    accept('good-two-cas', 'the first CA is the issuer', () => withCas(ca, otherCa), PASSPHRASE, [ca, otherCa]),
    accept(
      'good-two-cas-second-issues',
      'the second CA, of the same name, is the issuer',
      () => withCas(otherCa, ca),
      PASSPHRASE,
      [otherCa, ca],
    ),
    accept(
      'good-chain',
      'an intermediate issues, its root is in the file',
      async () => changed({ leaf: await leafBy(middleCa), cas: [middleCa.pem, ca.pem] }),
      PASSPHRASE,
      [middleCa, ca],
    ),
    accept('good-scrypt-key', 'the key is under scrypt', async () =>
      changed({ key: await locked(PASSPHRASE, { kdf: 'scrypt', N: 16384, cipher: 'aes-256-cbc' }) }),
    ),
    accept('good-mac-strong', 'the MAC is under scrypt N of 262144', () => changed({ seal: { N: 262144 } })),
    accept('good-ntp', 'time servers in the enrollment block', () =>
      changed({ enrollment: { ...enrollment, ntp: ['ntp.example', '192.0.2.20'] } }),
    ),
  ];
}

function refuse(
  name: string,
  check: string,
  why: string,
  make: Recipe['make'],
  more: { code?: RefusedCredentials['code']; passphrase?: string } = {},
): Recipe {
  const { code = 'credentials_invalid', passphrase = PASSPHRASE } = more;
  return { name, why, passphrase, make, expected: { code, check } };
}

/** The passphrase file, the order of the blocks, and the seal. */
function formatRecipes({ ca, otherCa, locked, enrollment, good, file, changed, sealed }: Workshop): Recipe[] {
  const macAt = file.indexOf('-----BEGIN CONJURER MAC');
  const body = file.slice(0, macAt);
  const mac = file.slice(macAt);
  const block = enrollmentBlock(enrollment);
  const swapped = enrollmentBlock({ ...enrollment, controllerUrls: ['https://controller.attacker.example:8443'] });
  const short = 'fifteen bytes..';
  const noise = Array.from({ length: 128 }, (_, i) => createHash('sha256').update(`noise ${i}`).digest());
  const changedCode = { code: 'credentials_changed' } as const;
  return [
    refuse('passphrase-wrong', 'mac', 'another passphrase', () => file, {
      code: 'passphrase_wrong',
      passphrase: OTHER_PASSPHRASE,
    }),
    refuse(
      'passphrase-short',
      'format',
      '15 bytes after the newline is taken off, fewer than 16',
      async () => changed({ key: await locked(short), passphrase: Buffer.from(short) }),
      { passphrase: `${short}\n` },
    ),
    refuse('passphrase-long', 'format', '1,024 bytes, more than 1,023', () => file, { passphrase: 'p'.repeat(1024) }),
    refuse('passphrase-two-newlines', 'format', 'only one trailing newline is taken off', () => file, {
      passphrase: `${PASSPHRASE}\n\n`,
    }),
    refuse('passphrase-nul', 'format', 'a NUL inside', () => file, { passphrase: `${PASSPHRASE}\0\n` }),
    refuse('mac-flipped', 'mac', 'one bit of the MAC is changed', () => changed({ seal: { flip: true } }), changedCode),
    refuse('mac-missing', 'format', 'no MAC block', () => body),
    refuse('mac-weak', 'mac', 'the MAC is right, its scrypt N of 1024 is below 16384', () =>
      changed({ seal: { N: 1024 } }),
    ),
    refuse(
      'ca-swapped',
      'mac',
      'another CA is put in, the MAC is the old one',
      () => good.key + good.leaf + otherCa.pem + block + mac,
      changedCode,
    ),
    refuse(
      'address-swapped',
      'mac',
      'controllerUrls are changed, the MAC is the old one',
      () => good.key + good.leaf + ca.pem + swapped + mac,
      changedCode,
    ),
    refuse(
      'line-endings-changed',
      'mac',
      'LF became CRLF on the way: the MAC covers every byte',
      () => file.replaceAll('\n', '\r\n'),
      changedCode,
    ),
    refuse(
      'block-after-mac',
      'format',
      'a CA certificate is added behind the MAC, which does not cover it',
      () => file + otherCa.pem,
    ),
    refuse('text-before', 'format', 'a line of text before the first block; the MAC is right', () =>
      sealed(`Bag Attributes\n${body}`),
    ),
    refuse('text-between', 'format', 'a line of text between two blocks; the MAC is right', () =>
      sealed(`${good.key}${good.leaf}issuer\n${ca.pem}${block}`),
    ),
    refuse(
      'blocks-out-of-order',
      'format',
      'the enrollment block comes before the certificates; the MAC is right',
      () => sealed(good.key + block + good.leaf + ca.pem),
    ),
    refuse('enrollment-missing', 'format', 'no enrollment block; the MAC is right', () =>
      sealed(good.key + good.leaf + ca.pem),
    ),
    refuse('ca-missing', 'format', 'no CA certificate; the MAC is right', () => changed({ cas: [] })),
    refuse('nine-cas', 'format', 'nine CA certificates, eight are allowed', () =>
      changed({ cas: Array.from({ length: 9 }, () => ca.pem) }),
    ),
    refuse('truncated', 'format', 'the second half of the file is missing', () => file.slice(0, file.length / 2)),
    refuse('empty', 'format', 'zero bytes', () => ''),
    refuse('binary-garbage', 'format', '4096 bytes of noise', () => Buffer.concat(noise)),
  ];
}

/** The lock of the key, and whose key it is. */
function keyRecipes({ key, otherKey, locked, enrollment, changed }: Workshop): Recipe[] {
  const lockedAs = (name: string, why: string, lock: KeyLock) =>
    refuse(name, 'encryption', why, async () => changed({ key: await locked(PASSPHRASE, lock) }));
  const pbkdf2 = { kdf: 'pbkdf2', rounds: 600_000, hash: 'sha256', cipher: 'aes-256-cbc' } as const;
  const other = () => sealKey(otherKey.pkcs8, Buffer.from(PASSPHRASE));
  return [
    refuse('key-unencrypted', 'encryption', 'PRIVATE KEY instead of ENCRYPTED PRIVATE KEY', () =>
      changed({ key: pem('PRIVATE KEY', key.pkcs8) }),
    ),
    lockedAs('key-weak-kdf', 'PBKDF2 with 2048 rounds, fewer than 600,000', { ...pbkdf2, rounds: 2048 }),
    lockedAs('key-excessive-kdf', 'PBKDF2 with more than 10,000,000 rounds', { ...pbkdf2, rounds: 10_000_001 }),
    lockedAs('key-sha1-kdf', 'PBKDF2 with HMAC-SHA1', { ...pbkdf2, hash: 'sha1', rounds: 1_300_000 }),
    lockedAs('key-aes128', 'AES-128-CBC instead of AES-256-CBC', { ...pbkdf2, cipher: 'aes-128-cbc' }),
    lockedAs('key-weak-scrypt', 'scrypt with N=1024 instead of 16384', {
      kdf: 'scrypt',
      N: 1024,
      cipher: 'aes-256-cbc',
    }),
    lockedAs('key-pbes1-3des', 'PBES1 with 3DES instead of PBES2', { kdf: 'pbes1-3des', rounds: 2048 }),
    refuse('key-other-passphrase', 'keyOpens', 'the MAC is right, the key is under another passphrase', async () =>
      changed({ key: await locked(OTHER_PASSPHRASE) }),
    ),
    refuse('key-does-not-match-leaf', 'keyFits', "the key is another one than the certificate's", async () =>
      changed({ key: await other() }),
    ),
    refuse(
      'two-encryption-mac',
      'encryption',
      'AES-128-CBC, and the MAC is changed: the first in the order is named',
      async () =>
        changed({ key: await locked(PASSPHRASE, { ...pbkdf2, cipher: 'aes-128-cbc' }), seal: { flip: true } }),
    ),
    refuse(
      'two-key-enrollment',
      'keyFits',
      'another key, and a controller URL without TLS: the first in the order is named',
      async () =>
        changed({ key: await other(), enrollment: { ...enrollment, controllerUrls: ['http://controller.example'] } }),
    ),
  ];
}

function enrollmentRecipes({ enrollment, changed }: Workshop): Recipe[] {
  const wrong = (name: string, why: string, changes: Partial<Enrollment> & { comment?: string }) =>
    refuse(`enrollment-${name}`, 'enrollment', why, () => changed({ enrollment: { ...enrollment, ...changes } }));
  const five = [1, 2, 3, 4, 5].map(i => `https://controller-${i}.example`);
  return [
    wrong('url-path', 'a controller URL with a path', { controllerUrls: ['https://controller.example:8443/base'] }),
    wrong('url-slash', 'a controller URL with a trailing slash', {
      controllerUrls: ['https://controller.example:8443/'],
    }),
    wrong('url-http', 'a controller URL without TLS', { controllerUrls: ['http://controller.example:8080'] }),
    wrong('five-urls', 'five controller URLs', { controllerUrls: five }),
    wrong('no-keys', 'no config key', { configKeys: [] }),
    wrong('unknown-field', 'a field that the document does not name', { comment: 'x' }),
    wrong('not-after', "notAfter is a second later than the leaf's", { notAfter: '2046-01-01T00:00:01Z' }),
  ];
}

/** Who issued the bootstrap certificate, for whom and until when. */
function leafRecipes({ ca, otherCa, oldCa, middleCa, leafBy, enrollment, changed }: Workshop): Recipe[] {
  const deadEnrollment = { ...enrollment, issuedAt: '2024-01-01T00:00:00Z', notAfter: '2025-01-01T00:00:00Z' };
  const named = (name: string, why: string, ...sans: JsonGeneralNames) =>
    refuse(`leaf-${name}`, 'san', why, async () => changed({ leaf: await leafBy(ca, { sans }) }));
  return [
    refuse('leaf-other-ca', 'issuer', 'issued by a CA of the same name that is not in the file', async () =>
      changed({ leaf: await leafBy(otherCa) }),
    ),
    refuse('chain-without-root', 'issuer', 'an intermediate issues, its root is not in the file', async () =>
      changed({ leaf: await leafBy(middleCa), cas: [middleCa.pem] }),
    ),
    refuse('leaf-server-auth', 'clientAuth', 'the certificate is for servers', async () =>
      changed({ leaf: await leafBy(ca, { usage: 'server' }) }),
    ),
    named('other-cluster', 'the certificate names another cluster than the enrollment block', {
      type: 'url',
      value: 'urn:conjurer:cluster:cluster-other',
    }),
    named('node-role', 'a node certificate in place of the bootstrap one', {
      type: 'url',
      value: `urn:conjurer:node:${CLUSTER}`,
    }),
    named(
      'two-sans',
      'a DNS name beside the URI',
      { type: 'url', value: CLUSTER_URI },
      { type: 'dns', value: 'controller.example' },
    ),
    refuse(
      'leaf-expired',
      'expiry',
      'the bootstrap certificate ended on 2025-01-01',
      async () => changed({ leaf: await leafBy(oldCa, DEAD), cas: [oldCa.pem], enrollment: deadEnrollment }),
      { code: 'credentials_expired' },
    ),
    refuse(
      'two-issuer-expiry',
      'issuer',
      'expired, and not issued by the CA in the file: the first in the order is named',
      async () => changed({ leaf: await leafBy(oldCa, DEAD), enrollment: deadEnrollment }),
    ),
  ];
}
