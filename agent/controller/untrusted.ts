import type { X509Certificate } from 'node:crypto';
import { AgentError } from '../../bootstrap/errors.ts';
import { isSignedBy, isValidAt, parseCertificate, parseCertificatePem } from './identity/certificate.ts';
import { verifyServerChainIgnoringDates } from './server-chain.ts';

/** A server whose certificate OpenSSL did not accept. */
export interface RefusedServer {
  readonly host: string;
  /** scheme, host and port, for messages. */
  readonly origin: string;
  /** Presented, leaf first, DER. */
  readonly chainDer: readonly Buffer[];
  /** The pinned CAs, PEM. */
  readonly cas: readonly string[];
  /** OpenSSL's code, as in CERT_HAS_EXPIRED. */
  readonly reason: string;
}

/** The message of E_CLOCK_WRONG where the chain of the server is the Controller's in every other respect. */
export const ONLY_THE_CLOCK = 'by the clock of this machine a certificate of the Controller is out of date';

/**
 * The error that a refused certificate means: `E_CLOCK_WRONG` when nothing but dates is wrong with it (OpenSSL's word is
 * not enough: it says CERT_HAS_EXPIRED of an untrusted CA too), else `E_CONTROLLER_UNTRUSTED`. Null when the chain is
 * right in every respect, so that OpenSSL took a wrong one of several CAs of the same name.
 */
export function explainRefusal(server: RefusedServer, now: Date): AgentError | null {
  const { host, origin, chainDer, cas } = server;
  const chain = certificatesOf(chainDer);
  try {
    verifyServerChainIgnoringDates({ chainDer: [...chainDer], cas, host });
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return untrusted(server, error);
  }
  const outOfDate = [...chain, ...usedCas(chain, cas)].find(certificate => !isValidAt(certificate, now));
  return outOfDate === undefined ? null : clockWrong(origin, outOfDate, now);
}

/** `E_CONTROLLER_UNTRUSTED`, naming the certificate that was seen. `failed` is the check by hand, where that failed. */
export function untrusted({ origin, chainDer, reason }: RefusedServer, failed: AgentError | null): AgentError {
  const leaf = certificatesOf(chainDer)[0];
  const seen =
    leaf === undefined
      ? 'no certificate'
      : `subject ${oneLine(leaf.subject)}, issuer ${oneLine(leaf.issuer)}, SHA-256 ${leaf.fingerprint256}`;
  return new AgentError('E_CONTROLLER_UNTRUSTED', `${origin} is not the Controller of these credentials (${reason})`, {
    seen,
    wanted: failed?.wanted ?? 'a certificate that verifies against the CAs of the Controller',
    check: failed?.check ?? 'tls',
    retry: { class: 'wait', retryAfterSeconds: null, authenticated: false },
    data: {
      origin,
      reason,
      subject: leaf === undefined ? null : oneLine(leaf.subject),
      issuer: leaf === undefined ? null : oneLine(leaf.issuer),
      sha256: leaf?.fingerprint256 ?? null,
    },
  });
}

/**
 * The pinned CAs that signatures lead to from this chain, PEM. OpenSSL looks CAs up by name, and without key identifiers
 * takes the first of a name: after a roll-over that can be the wrong one.
 */
export function casThatSigned(chainDer: readonly Buffer[], cas: readonly string[]): string[] {
  return usedCas(certificatesOf(chainDer), cas).map(ca => ca.toString());
}

function usedCas(chain: readonly X509Certificate[], cas: readonly string[]): X509Certificate[] {
  const pinned = certificatesOf(cas);
  const used = new Set<X509Certificate>();
  const reached = [...chain];
  for (const certificate of reached) {
    for (const ca of pinned) {
      if (used.has(ca) || !isSignedBy(certificate, ca)) continue;
      used.add(ca);
      reached.push(ca);
    }
  }
  return [...used];
}

function clockWrong(origin: string, certificate: X509Certificate, now: Date): AgentError {
  const [notBefore, notAfter, localTime] = [certificate.validFromDate, certificate.validToDate, now].map(seconds);
  return new AgentError('E_CLOCK_WRONG', ONLY_THE_CLOCK, {
    seen: `local time ${localTime}`,
    wanted: `a time from ${notBefore} to ${notAfter}`,
    check: 'tls',
    retry: { class: 'wait', retryAfterSeconds: null, authenticated: false },
    data: { origin, subject: oneLine(certificate.subject), notBefore: notBefore ?? null, notAfter: notAfter ?? null },
  });
}

function certificatesOf(sources: readonly (Buffer | string)[]): X509Certificate[] {
  const read = (source: Buffer | string) =>
    typeof source === 'string' ? parseCertificatePem(source) : parseCertificate(source);
  return sources.map(read).filter(certificate => certificate !== null);
}

/** A name on one line and without control characters; it comes from whoever answered. */
export function oneLine(text: string): string {
  return text
    .replace(/\s*\n\s*/g, ', ')
    .replace(/\p{C}/gu, '?')
    .slice(0, 300);
}

function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
