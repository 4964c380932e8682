import type { X509Certificate } from 'node:crypto';
import { isSignedBy, mayIssue } from './certificate.ts';

export interface ChainParts {
  /** Certificates that came along and are worth nothing by themselves. */
  readonly presented: readonly X509Certificate[];
  /** The Controller's CAs: the only trust. */
  readonly pinned: readonly X509Certificate[];
  /** Which CAs may be used, as by their dates; all, where left out. */
  readonly usable?: (ca: X509Certificate) => boolean;
}

/**
 * How far the signatures above a certificate lead: 'root' is a self-signed CA among the pinned ones, 'no-root' ends at
 * a CA below it, 'no-issuer' finds nothing that signed the certificate. Names are not looked at, since roll-over CAs
 * bear the same; dates only by `usable`.
 */
export function followChain(leaf: X509Certificate, parts: ChainParts): 'root' | 'no-root' | 'no-issuer' {
  const usable = parts.usable ?? (() => true);
  const candidates = [...parts.pinned, ...parts.presented].filter(usable);
  const fewestBelow = new Map<X509Certificate, number>();
  const reached = [{ certificate: leaf, below: 0 }];
  for (const { certificate, below } of reached) {
    for (const ca of candidates) {
      if (!mayIssue(ca, below) || !isSignedBy(certificate, ca)) continue;
      if (parts.pinned.includes(ca) && isSignedBy(ca, ca)) return 'root';
      // A CA's certificate for its own next key does not count in path lengths (RFC 5280, 4.2.1.9).
      const nowBelow = ca.subject === ca.issuer ? below : below + 1;
      if (nowBelow >= (fewestBelow.get(ca) ?? Number.POSITIVE_INFINITY)) continue;
      fewestBelow.set(ca, nowBelow);
      reached.push({ certificate: ca, below: nowBelow });
    }
  }
  return fewestBelow.size === 0 ? 'no-issuer' : 'no-root';
}
