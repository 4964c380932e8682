import type { X509Certificate } from 'node:crypto';
import { checkServerIdentity } from 'node:tls';
import { AgentError } from '../../bootstrap/errors.ts';
import { isFor, parseCertificate, parseCertificatePem, SERVER_AUTH } from './identity/certificate.ts';
import { followChain } from './identity/follow-chain.ts';

/** As many as OpenSSL accepts by default is 100; no Controller needs more than a leaf and a few CAs. */
const MAX_PRESENTED = 10;

/**
 * Whether a server is the Controller, by everything but the dates (protocol: Clock, step 3), for the one call that asks
 * for the time. Made by hand, since the TLS library says "expired" of an untrusted CA's certificate too.
 * `chainDer`: the certificates as the server presented them, leaf first (DER). `cas`: the pinned CAs, one PEM each.
 * `host`: name or address that was called, an IPv6 address without brackets.
 * Throws E_CONTROLLER_UNTRUSTED with `check`: format, host, serverAuth or issuer.
 */
export function verifyServerChainIgnoringDates(server: {
  readonly chainDer: readonly Buffer[];
  readonly cas: readonly string[];
  readonly host: string;
}): void {
  const [leaf, ...presented] = readPresented(server.chainDer);
  // The same function that the TLS layer uses, so that the full check that follows comes to the same end.
  const misnamed = checkServerIdentity(server.host, leaf.toLegacyObject());
  if (misnamed !== undefined) {
    throw untrusted('host', `a certificate for ${leaf.subjectAltName ?? leaf.subject}`, server.host);
  }
  if (!isFor(leaf, SERVER_AUTH)) {
    throw untrusted('serverAuth', `extended key usage ${leaf.keyUsage?.join(', ') ?? 'absent'}`, 'serverAuth');
  }
  const pinned = server.cas.map(parseCertificatePem).filter(ca => ca !== null);
  if (followChain(leaf, { presented, pinned }) !== 'root') {
    throw untrusted('issuer', `a certificate issued by ${leaf.issuer}`, 'signatures that lead to a pinned root');
  }
}

function readPresented(chainDer: readonly Buffer[]): [X509Certificate, ...X509Certificate[]] {
  const [leaf, ...rest] = chainDer.map(parseCertificate).filter(certificate => certificate !== null);
  if (leaf === undefined || 1 + rest.length !== chainDer.length || chainDer.length > MAX_PRESENTED) {
    throw untrusted(
      'format',
      `${chainDer.length} certificates, some not readable`,
      `1 to ${MAX_PRESENTED} certificates`,
    );
  }
  return [leaf, ...rest];
}

function untrusted(check: string, seen: string, wanted: string): AgentError {
  return new AgentError('E_CONTROLLER_UNTRUSTED', 'the server that answered is not the Controller', {
    check,
    seen: seen.replaceAll('\n', ', '),
    wanted,
    retry: { class: 'wait', retryAfterSeconds: null, authenticated: false },
  });
}
