import { createHash, type X509Certificate } from 'node:crypto';
import { AgentError } from '../../../bootstrap/errors.ts';
import { decodeBase64, readPem } from '../pem.ts';
import {
  CLIENT_AUTH,
  isFor,
  isNamed,
  isSignedBy,
  isValidAt,
  parseCertificate,
  parseCertificatePem,
} from './certificate.ts';
import { followChain } from './follow-chain.ts';
import { openNodeKey } from './key.ts';

/** A leaf and the CAs below the root; as many as the credentials may name, and the leaf. */
const MAX_CERTIFICATES = 9;

export interface IssuedChain {
  /** Lower-case hex over the leaf's DER: the protocol's certSha256. */
  readonly leafSha256: string;
  readonly leafPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface ChainExpectation {
  /** The answer's `chain`: one PEM string, leaf first, without the root. */
  readonly chain: string;
  /** The key that the certificate was asked for. */
  readonly keyPem: Buffer;
  /** The pinned CAs, one PEM each. */
  readonly cas: readonly string[];
  /** `urn:conjurer:node:<nodeId>` or `urn:conjurer:operator:<nodeId>`. */
  readonly san: string;
  /** null: the time is not proved, and dates do not count. */
  readonly now: Date | null;
}

/**
 * Checks a certificate that the Controller has issued, before it is stored or used. Throws E_CERTIFICATE_REFUSED with
 * `check`: format, root, key, issuer, clientAuth, san or expiry, the first that failed in this order.
 */
export function verifyIssuedChain({ chain, keyPem, cas, san, now }: ChainExpectation): IssuedChain {
  const [leaf, ...presented] = readChain(chain);
  const root = presented.find(each => isSignedBy(each, each));
  if (root !== undefined)
    throw refused('root', `a self-signed certificate (${root.subject})`, 'a chain without its root');
  if (!leaf.checkPrivateKey(openNodeKey(keyPem))) {
    throw refused('key', `a certificate for another key (${leaf.subject})`, 'a certificate for the key of the request');
  }
  const pinned = cas.map(parseCertificatePem).filter(ca => ca !== null);
  const end = followChain(leaf, { presented, pinned });
  if (end !== 'root') throw refused('issuer', seenAtEnd(end), 'signatures that lead to a pinned root');
  if (!isFor(leaf, CLIENT_AUTH)) {
    throw refused('clientAuth', `extended key usage ${leaf.keyUsage?.join(', ') ?? 'absent'}`, 'clientAuth');
  }
  if (!isNamed(leaf, san)) throw refused('san', leaf.subjectAltName ?? 'no alternative name', `URI:${san} alone`);
  const usable = (certificate: X509Certificate) => now === null || isValidAt(certificate, now);
  if (!usable(leaf) || followChain(leaf, { presented, pinned, usable }) !== 'root') {
    throw refused('expiry', `${leaf.validFromDate.toISOString()} to ${leaf.validToDate.toISOString()}`, 'valid now');
  }
  return {
    leafSha256: createHash('sha256').update(leaf.raw).digest('hex'),
    leafPem: leaf.toString(),
    notBefore: leaf.validFromDate,
    notAfter: leaf.validToDate,
  };
}

function readChain(chain: string): [X509Certificate, ...X509Certificate[]] {
  const certificates = decodedPem(chain).map(parseCertificate);
  const [leaf, ...rest] = certificates.filter(certificate => certificate !== null);
  if (leaf === undefined || 1 + rest.length !== certificates.length || certificates.length > MAX_CERTIFICATES) {
    throw refused(
      'format',
      `a chain of ${certificates.length} certificates, some not readable`,
      'PEM blocks CERTIFICATE, leaf first',
    );
  }
  return [leaf, ...rest];
}

/** DER of each CERTIFICATE block, empty lines between them or not; an empty buffer for what is not one. */
function decodedPem(text: string): Buffer[] {
  const blocks = readPem(Buffer.from(text.replace(/^[ \t]*\r?\n/gm, ''), 'utf8'));
  if (!Array.isArray(blocks)) throw refused('format', blocks.fault, 'PEM blocks CERTIFICATE, and nothing else');
  return blocks.map(({ label, body }) => (label === 'CERTIFICATE' ? decodeBase64(body) : null) ?? Buffer.alloc(0));
}

function seenAtEnd(end: 'no-root' | 'no-issuer'): string {
  return end === 'no-issuer'
    ? 'no CA of the chain or of the pinned ones signed it'
    : 'a chain that ends below a pinned root';
}

function refused(check: string, seen: string, wanted: string): AgentError {
  return new AgentError(
    'E_CERTIFICATE_REFUSED',
    'the certificate that the Controller issued does not fit this machine',
    {
      check,
      seen: seen.replaceAll('\n', ', '),
      wanted,
    },
  );
}
