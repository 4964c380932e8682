import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { Extension, X509CertificateGenerator } from '@peculiar/x509';
import { beforeAll, expect, test } from 'vitest';
import { parseCertificate, parseCertificatePem } from '../../../../../agent/controller/identity/certificate.ts';
import { createAuthority } from '../../../../controller/pki/authority.ts';

const FROM = new Date('2026-01-01T00:00:00Z');
const TO = new Date('2027-01-01T00:00:00Z');
const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

let pem: string;
let der: Buffer;
beforeAll(async () => {
  ({ pem } = await createAuthority('ca', FROM, TO));
  der = new X509Certificate(pem).raw;
});

test('exactly one certificate', () => {
  expect(parseCertificate(der)?.raw).toEqual(der);
  expect(parseCertificate(Buffer.concat([der, Buffer.from([0])]))).toBeNull();
  expect(parseCertificate(Buffer.from(pem))).toBeNull();
  expect(parseCertificate(der.subarray(0, -1))).toBeNull();
  expect(parseCertificate(Buffer.alloc(0))).toBeNull();
});

test('a certificate that carries another one as PEM text is itself or nothing, never the other', async () => {
  const keys = await webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
  const carrier = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=carrier',
    notBefore: FROM,
    notAfter: TO,
    keys,
    signingAlgorithm: SIGNING,
    extensions: [new Extension('1.2.3.4', false, Buffer.from(`\n${pem}`))],
  });
  const bytes = Buffer.from(carrier.rawData);
  expect(new X509Certificate(bytes).subject).toContain('CN=ca');
  expect(parseCertificate(bytes)).toBeNull();
});

test('PEM of one certificate and nothing else', () => {
  expect(parseCertificatePem(pem)?.raw).toEqual(der);
  for (const text of ['', 'x', pem + pem, `x\n${pem}`, pem.replaceAll('CERTIFICATE', 'X509 CRL')]) {
    expect(parseCertificatePem(text), text).toBeNull();
  }
});
