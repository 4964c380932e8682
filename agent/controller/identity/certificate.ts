import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Constructed, Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import { readDer } from '../der.ts';
import { decodeBase64, readPem } from '../pem.ts';

export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const BASIC_CONSTRAINTS = '2.5.29.19';

/**
 * A certificate from its DER, or null where the bytes are not exactly one. (Node looks for PEM text inside the bytes
 * first and ignores bytes after the certificate, so what it read is compared with what it was given.)
 */
export function parseCertificate(der: Buffer): X509Certificate | null {
  try {
    const certificate = new X509Certificate(der);
    return certificate.raw.equals(der) ? certificate : null;
  } catch {
    return null;
  }
}

/** A certificate from a text that is one PEM block CERTIFICATE and nothing else, or null. */
export function parseCertificatePem(pem: string): X509Certificate | null {
  const blocks = readPem(Buffer.from(pem, 'utf8'));
  if (!Array.isArray(blocks) || blocks.length !== 1 || blocks[0]?.label !== 'CERTIFICATE') return null;
  const der = decodeBase64(blocks[0].body);
  return der === null ? null : parseCertificate(der);
}

/** Whether the first certificate of a PEM file is that of a private key in PEM; false for what cannot be read. */
export function certificateFitsKey(certificatePem: Buffer, keyPem: Buffer): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

/** Whether the extended key usage names this purpose. A certificate that names none is not good for any. */
export function isFor(certificate: X509Certificate, purpose: typeof CLIENT_AUTH | typeof SERVER_AUTH): boolean {
  // Node calls the extended key usage `keyUsage`, and leaves it undefined where the extension is missing.
  const purposes: readonly string[] | undefined = certificate.keyUsage;
  return purposes?.includes(purpose) ?? false;
}

/** Whether that URI is the certificate's one and only subject alternative name. */
export function isNamed(certificate: X509Certificate, uri: string): boolean {
  return certificate.subjectAltName === `URI:${uri}`;
}

export function isValidAt(certificate: X509Certificate, time: Date): boolean {
  return certificate.validFromDate <= time && time <= certificate.validToDate;
}

/** Whether a CA may stand above `below` other CAs (basic constraints, CA and path length; key usage). */
export function mayIssue(certificate: X509Certificate, below: number): boolean {
  return certificate.ca && below <= pathLength(certificate);
}

export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** pathLenConstraint of basic constraints, which Node does not tell; Infinity where there is none. */
function pathLength(certificate: X509Certificate): number {
  const tbs = childrenOf(readDer(certificate.raw))[0];
  const extensions = childrenOf(tbs).find(field => field.idBlock.tagClass === 3 && field.idBlock.tagNumber === 3);
  for (const extension of childrenOf(childrenOf(extensions)[0])) {
    const [id, ...rest] = childrenOf(extension);
    const value = rest.at(-1);
    if (!(id instanceof ObjectIdentifier && id.getValue() === BASIC_CONSTRAINTS && value instanceof OctetString))
      continue;
    const length = childrenOf(readDer(value.valueBlock.valueHexView)).find(field => field instanceof Integer);
    return length === undefined ? Number.POSITIVE_INFINITY : Number(length.toBigInt());
  }
  return Number.POSITIVE_INFINITY;
}

function childrenOf(block: unknown): Constructed['valueBlock']['value'] {
  return block instanceof Sequence || block instanceof Constructed ? block.valueBlock.value : [];
}
