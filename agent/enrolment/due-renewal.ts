import { X509Certificate } from 'node:crypto';
import type { CertificateChange } from '../../bootstrap/change.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import { renewalTime } from '../controller/identity/renewal.ts';
import { readRequest } from './certificate-request.ts';
import type { StoredCertificate } from './state.ts';

/** Which certificate is to be replaced now: one that is due, or the one whose replacement was begun and cut. */
export async function findDueRenewal(
  files: Files,
  { keyPath, certificatePath }: Pick<CertificateChange, 'keyPath' | 'certificatePath'>,
  stored: StoredCertificate | null,
  now: Date,
): Promise<Pick<CertificateChange, 'replaces'> | null> {
  const begun = await readRequest(files, keyPath);
  if (begun !== null) return { replaces: begun.replaces };
  const certificate = await files.read(certificatePath);
  if (certificate === null || stored === null) return null;
  const notBefore = new X509Certificate(certificate).validFromDate;
  const renewAfter = new Date(stored.renewAfter);
  const notAfter = new Date(stored.notAfter);
  const due = renewalTime({ notBefore, renewAfter, notAfter, seed: stored.certSha256 });
  return now >= due ? { replaces: stored.certSha256 } : null;
}
