import { X509Certificate } from 'node:crypto';
import type { IssuedCertificate } from '../../agent/controller/protocol.ts';
import { DAY, rfc3339 } from './clock.ts';
import type { Parts } from './parts.ts';
import type { VerifiedCsr } from './pki/csr.ts';
import { sha256Hex } from './pki/keys.ts';
import { Refusal } from './problems.ts';
import type { CertificateRecord } from './records.ts';

const LIFE = { node: 180 * DAY, operator: 90 * DAY };
const BACKDATED = DAY;
const OVERLAP = DAY;

/** A certificate for a node or its operator. Names are ours, whatever the request asked for. Not yet recorded. */
export async function makeCertificate(
  parts: Parts,
  role: 'node' | 'operator',
  nodeId: string,
  csr: VerifiedCsr,
): Promise<CertificateRecord> {
  const now = parts.clock.now();
  const [from, to] = [now - BACKDATED, now + LIFE[role]];
  const chain = await parts.authority.issue({
    spki: csr.spki,
    subject: [{ O: [`conjurer:${role}s`] }, { CN: [nodeId] }],
    sans: [{ type: 'url', value: `urn:conjurer:${role}:${nodeId}` }],
    usage: 'client',
    from: new Date(from),
    to: new Date(to),
  });
  return {
    sha256: sha256Hex(new X509Certificate(chain).raw),
    role,
    subject: nodeId,
    spkiSha256: csr.spkiSha256,
    csrSha256: csr.csrSha256,
    chain,
    number: 0,
    issuedAt: rfc3339(now),
    renewAfter: rfc3339(from + ((to - from) * 2) / 3),
    notAfter: rfc3339(to),
    validUntil: null,
    used: false,
    revoked: null,
  };
}

export function certificateBody({ chain, renewAfter, notAfter }: CertificateRecord): IssuedCertificate {
  return { chain, renewAfter, notAfter };
}

/** Calls 9 and 13: the same CSR bytes get the same certificate; the older ones live on for a day at most. */
export async function renew(
  parts: Parts,
  role: 'node' | 'operator',
  nodeId: string,
  csr: VerifiedCsr,
): Promise<CertificateRecord> {
  const mine = (certificate: CertificateRecord): boolean => certificate.subject === nodeId && certificate.role === role;
  const lookUp = (): CertificateRecord | null => {
    const uses = parts.records.certificates.list({ spkiSha256: csr.spkiSha256 });
    const same = uses.find(use => mine(use) && use.csrSha256 === csr.csrSha256 && !use.revoked);
    if (same) return same;
    // An operator may keep its own key; a node makes a new one each time.
    const reused = uses.some(use => role === 'node' || !mine(use));
    if (reused) throw new Refusal('csr_invalid', 'the key of the request was used before');
    return null;
  };
  const before = lookUp();
  if (before) return before;
  const made = await makeCertificate(parts, role, nodeId, csr);
  return parts.store.transaction(() => {
    const meanwhile = lookUp();
    if (meanwhile) return meanwhile;
    const validUntil = rfc3339(parts.clock.now() + OVERLAP);
    for (const older of parts.records.certificates.list({ subject: nodeId }).filter(mine)) {
      if (!older.validUntil && !older.revoked) parts.records.certificates.put(older.sha256, { ...older, validUntil });
    }
    return recordCertificate(parts, made);
  });
}

/** Gives it its number: of two certificates of a node, the one with the higher number is the newer. */
export function recordCertificate(parts: Parts, certificate: CertificateRecord): CertificateRecord {
  const number = parts.records.certificates.list({ subject: certificate.subject }).length + 1;
  const recorded = { ...certificate, number };
  parts.records.certificates.put(recorded.sha256, recorded);
  return recorded;
}
