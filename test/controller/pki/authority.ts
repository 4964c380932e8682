import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { type KeyPair, newP256Key } from './keys.ts';
import { pem } from './pem.ts';

export interface CertificateOrder {
  readonly spki: Uint8Array;
  readonly subject: JsonName;
  readonly sans: JsonGeneralNames;
  readonly usage: 'client' | 'server';
  readonly from: Date;
  readonly to: Date;
}

/** A certificate authority with a P-256 key. `pem` is its own certificate, one block. */
export interface Authority {
  readonly pem: string;
  readonly key: KeyPair;
  /** A leaf, as one PEM block. Names and extensions are those of the order alone. */
  issue(order: CertificateOrder): Promise<string>;
  /** An authority below this one. */
  issueAuthority(commonName: string, from: Date, to: Date): Promise<Authority>;
}

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new self-signed root. */
export async function createAuthority(commonName: string, from: Date, to: Date): Promise<Authority> {
  const key = newP256Key();
  return openAuthority(await authorityCertificate(key, commonName, from, to, null), key);
}

/** An authority that exists already: its certificate (one PEM block) and its key. */
export async function openAuthority(certificatePem: string, key: KeyPair): Promise<Authority> {
  const certificate = new X509Certificate(certificatePem);
  const issuer = { certificate, signingKey: await importSigningKey(key) };
  return {
    pem: certificatePem,
    key,
    issue: order => sign(order.spki, order.subject, order.from, order.to, leafExtensions(order), issuer),
    issueAuthority: async (commonName, from, to) => {
      const childKey = newP256Key();
      return openAuthority(await authorityCertificate(childKey, commonName, from, to, issuer), childKey);
    },
  };
}

/** The two DER forms of a P-256 private key given in PEM. */
export function readKeyPair(pkcs8Pem: string): KeyPair {
  const privateKey = createPrivateKey(pkcs8Pem);
  return {
    pkcs8: privateKey.export({ type: 'pkcs8', format: 'der' }),
    spki: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  };
}

interface Issuer {
  readonly certificate: X509Certificate;
  readonly signingKey: webcrypto.CryptoKey;
}

async function authorityCertificate(key: KeyPair, commonName: string, from: Date, to: Date, issuer: Issuer | null) {
  const extensions = [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
  const subject: JsonName = [{ O: ['conjurer:controllers'] }, { CN: [commonName] }];
  return sign(key.spki, subject, from, to, extensions, issuer ?? { signingKey: await importSigningKey(key) });
}

function leafExtensions(order: CertificateOrder): Extension[] {
  const usage = order.usage === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth;
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([usage]),
    new SubjectAlternativeNameExtension(order.sans),
  ];
}

async function sign(
  spki: Uint8Array,
  subject: JsonName,
  from: Date,
  to: Date,
  extensions: Extension[],
  issuer: { certificate?: X509Certificate; signingKey: webcrypto.CryptoKey },
): Promise<string> {
  const publicKey = await webcrypto.subtle.importKey('spki', spki, SIGNING, true, ['verify']);
  const identifiers: Extension[] = [await SubjectKeyIdentifierExtension.create(publicKey)];
  if (issuer.certificate) identifiers.push(await AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject,
    issuer: issuer.certificate?.subjectName.toJSON() ?? subject,
    notBefore: wholeSeconds(from),
    notAfter: wholeSeconds(to),
    publicKey,
    signingKey: issuer.signingKey,
    signingAlgorithm: SIGNING,
    extensions: [...extensions, ...identifiers],
  });
  return pem('CERTIFICATE', new Uint8Array(certificate.rawData));
}

/** Positive, 127 bits: a first byte from 0x40 to 0x7f needs no leading zero in DER. */
function newSerial(): string {
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0);
  return serial.toString('hex');
}

function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

function importSigningKey(key: KeyPair): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', key.pkcs8, SIGNING, false, ['sign']);
}
