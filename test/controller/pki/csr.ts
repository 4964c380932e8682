import 'reflect-metadata';
import { createPublicKey } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { Refusal } from '../problems.ts';
import { sha256Hex } from './keys.ts';

/** The one thing that is taken from a certificate request: its key. The names asked for are ignored. */
export interface VerifiedCsr {
  readonly spki: Buffer;
  readonly spkiSha256: string;
  /** Over the bytes of the PEM string as it came: the same bytes get the same certificate. */
  readonly csrSha256: string;
}

const ONE_BLOCK = /^-----BEGIN CERTIFICATE REQUEST-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE REQUEST-----\s*$/;

/** Throws csr_invalid unless it is one PEM block, with a P-256 key, signed by that key. */
export async function verifyCsr(csr: string): Promise<VerifiedCsr> {
  if (!ONE_BLOCK.test(csr)) throw new Refusal('csr_invalid', 'csr is not one PEM block CERTIFICATE REQUEST');
  const request = parse(csr);
  const spki = Buffer.from(request.publicKey.rawData);
  if (curveOf(spki) !== 'prime256v1') throw new Refusal('csr_invalid', 'the key of the request is not P-256');
  if (!(await request.verify().catch(() => false))) {
    throw new Refusal('csr_invalid', 'the request is not signed by its own key');
  }
  return { spki, spkiSha256: sha256Hex(spki), csrSha256: sha256Hex(csr) };
}

function parse(csr: string): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(csr);
  } catch {
    throw new Refusal('csr_invalid', 'csr is not a PKCS#10 request');
  }
}

function curveOf(spki: Buffer): string | undefined {
  try {
    return createPublicKey({ key: spki, type: 'spki', format: 'der' }).asymmetricKeyDetails?.namedCurve;
  } catch {
    return undefined;
  }
}
