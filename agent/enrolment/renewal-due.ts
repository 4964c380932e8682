import { X509Certificate } from 'node:crypto';
import type { CertificateChange } from '../../bootstrap/change.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import { renewalTime } from '../controller/identity/renewal.ts';
import { REQUEST } from './changes/certificate.ts';
import type { StoredCertificate } from './state.ts';

/** Whether a certificate is to be renewed now, or a renewal of it was begun and cut. */
export async function isRenewalDue(
  files: Files,
  { keyPath, certificatePath }: Pick<CertificateChange, 'keyPath' | 'certificatePath'>,
  stored: StoredCertificate,
  now: Date,
): Promise<boolean> {
  if ((await files.stat(keyPath + REQUEST)) !== null) return true;
  const certificate = await files.read(certificatePath);
  if (certificate === null) return false;
  const notBefore = new X509Certificate(certificate).validFromDate;
  const renewAfter = new Date(stored.renewAfter);
  const notAfter = new Date(stored.notAfter);
  return now >= renewalTime({ notBefore, renewAfter, notAfter, seed: stored.certSha256 });
}
