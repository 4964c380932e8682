import { X509Certificate } from 'node:crypto';
import type { CertificateChange } from '../../bootstrap/change.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import { renewalTime } from '../controller/identity/renewal.ts';
import { readRequest } from './certificate-request.ts';
import { leafSha256 } from './changes/certificate.ts';
import type { StoredCertificate } from './state.ts';

/**
 * Which certificate is to be replaced now: one that is due, the one whose replacement was begun and cut, or one without
 * a record of its own, which is that of an identity that was set aside, and revoked with it.
 */
export async function findDueRenewal(
  files: Files,
  { keyPath, certificatePath }: Pick<CertificateChange, 'keyPath' | 'certificatePath'>,
  stored: StoredCertificate | null,
  now: Date,
): Promise<Pick<CertificateChange, 'replaces'> | null> {
  const begun = await readRequest(files, keyPath);
  if (begun !== null) return { replaces: begun.replaces };
  const certificate = await files.read(certificatePath);
  if (certificate === null) return null;
  if (stored === null) return { replaces: leafSha256(certificate) };
  const notBefore = new X509Certificate(certificate).validFromDate;
  const renewAfter = new Date(stored.renewAfter);
  const notAfter = new Date(stored.notAfter);
  const due = renewalTime({ notBefore, renewAfter, notAfter, seed: stored.certSha256 });
  return now >= due ? { replaces: stored.certSha256 } : null;
}
