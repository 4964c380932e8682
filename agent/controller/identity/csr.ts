import { createPublicKey } from 'node:crypto';
import { openNodeKey } from './key.ts';

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * A certificate request (PEM) for the registration, the renewals and the operator's certificate. The Controller looks
 * at the key and its signature only and sets the names itself. Deterministic in everything but the signature.
 */
export async function createCsr(
  keyPem: Buffer,
  names: { readonly clusterId: string; readonly edgeName: string },
): Promise<string> {
  // Loaded here: 360 KB that a run on an enrolled machine does not need. x509 fails without the metadata before it.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const key = openNodeKey(keyPem);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name([
      { O: [{ utf8String: 'conjurer:nodes' }] },
      { OU: [{ utf8String: names.clusterId }] },
      { CN: [{ utf8String: names.edgeName }] },
    ]),
    keys: {
      privateKey: key.toCryptoKey(SIGNING, false, ['sign']),
      publicKey: createPublicKey(key).toCryptoKey(SIGNING, true, ['verify']),
    },
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: `urn:conjurer:cluster:${names.clusterId}:edge:${names.edgeName}` },
      ]),
    ],
  });
  return `${request.toString('pem')}\n`;
}
