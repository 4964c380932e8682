import { X509Certificate } from 'node:crypto';
import { rfc3339 } from './clock.ts';
import type { AimedFault } from './faults/spec.ts';
import type { Parts } from './parts.ts';
import { sha256Hex } from './pki/keys.ts';
import { Refusal } from './problems.ts';
import type { CertificateRecord } from './records.ts';

export type Role = 'bootstrap' | 'node' | 'operator';

/** Who holds the certificate of this connection. `subject` is the cluster id of a bootstrap peer, else the node id. */
export interface Peer {
  readonly role: Role;
  readonly subject: string;
  readonly certSha256: string;
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/**
 * Checked anew for each request, not for each connection: a revocation holds from the next request on.
 * TLS itself lets every client certificate pass, so that a bad one gets an answer and not a broken connection.
 */
export function identifyPeer(
  parts: Parts,
  certificate: X509Certificate | undefined,
  faults: readonly AimedFault[],
): Peer {
  if (!certificate) throw new Refusal('client_cert_missing', 'no client certificate was presented');
  const { role, subject } = readRole(parts, certificate);
  const certSha256 = sha256Hex(certificate.raw);
  checkDates(parts, certificate, role);
  const record = parts.records.certificates.get(certSha256);
  if (record) checkRevocation(parts, record);
  if (role === 'bootstrap' && faults.some(({ kind }) => kind === 'revoked-bootstrap')) {
    throw new Refusal('bootstrap_revoked', 'a fault that is switched on revokes every bootstrap certificate');
  }
  return { role, subject, certSha256 };
}

/** The first use of a renewed certificate ends those that it follows. */
export function noteUse(parts: Parts, peer: Peer): void {
  const record = parts.records.certificates.get(peer.certSha256);
  if (!record || record.used) return;
  parts.store.transaction(() => {
    parts.records.certificates.put(record.sha256, { ...record, used: true });
    for (const older of parts.records.certificates.list({ subject: record.subject })) {
      if (older.role !== record.role || older.number >= record.number || older.revoked) continue;
      parts.records.certificates.put(older.sha256, { ...older, revoked: 'a newer certificate is in use' });
    }
  });
}

function readRole(parts: Parts, certificate: X509Certificate): { role: Role; subject: string } {
  const authority = new X509Certificate(parts.authority.pem);
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) {
    throw new Refusal('client_cert_untrusted', 'the client certificate is not issued by the CA of this Controller');
  }
  const name = /^URI:urn:conjurer:(cluster|node|operator):([a-z0-9][a-z0-9-]{0,62})$/.exec(
    certificate.subjectAltName ?? '',
  );
  if (!name || !certificate.keyUsage?.includes(CLIENT_AUTH)) {
    throw new Refusal('client_cert_untrusted', 'the client certificate is not for an agent or operator');
  }
  const kind = name[1] === 'cluster' ? 'bootstrap' : name[1] === 'node' ? 'node' : 'operator';
  return { role: kind, subject: name[2] ?? '' };
}

function checkDates(parts: Parts, certificate: X509Certificate, role: Role): void {
  const now = parts.clock.now();
  if (certificate.validFromDate.getTime() > now) {
    throw new Refusal('client_cert_untrusted', `the client certificate is valid from ${certificate.validFrom} only`);
  }
  if (certificate.validToDate.getTime() < now) {
    throw new Refusal(
      role === 'bootstrap' ? 'bootstrap_expired' : 'client_cert_expired',
      `the client certificate ended on ${certificate.validTo}`,
    );
  }
}

function checkRevocation(parts: Parts, record: CertificateRecord): void {
  if (record.revoked) {
    const code = record.role === 'bootstrap' ? 'bootstrap_revoked' : 'client_cert_revoked';
    throw new Refusal(code, `the certificate is revoked: ${record.revoked}`);
  }
  if (record.validUntil && record.validUntil < rfc3339(parts.clock.now())) {
    throw new Refusal('client_cert_expired', `the certificate was renewed and ended on ${record.validUntil}`);
  }
}
