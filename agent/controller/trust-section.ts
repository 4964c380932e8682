import type { X509Certificate } from 'node:crypto';
import { ConfigKeySet } from './config-keys.ts';
import { parseCertificatePem } from './identity/certificate.ts';
import { followChain } from './identity/follow-chain.ts';
import type { ConfigDocument, ConfigKey } from './protocol.ts';

/**
 * Checks the section that replaces the pinned sets: each CA is one, and leads to a root in the set; the config keys
 * are well-formed and the one that signed the document stays. A machine that takes a bad one is lost to its Controller.
 */
export function checkTrust(
  trust: NonNullable<ConfigDocument['trust']>,
  signer: ConfigKey,
  refuse: (seen: string, wanted: string) => Error,
): void {
  const keys = ConfigKeySet.safeParse(trust.configKeys);
  if (!keys.success) throw refuse(keys.error.issues[0]?.message ?? 'keys that are not readable', '1 to 4 Ed25519 keys');
  if (!trust.configKeys.some(key => key.kid === signer.kid && key.x === signer.x)) {
    throw refuse(`a set without ${signer.kid}`, 'the key that signed it stays in the set');
  }
  const cas = trust.cas.map(readCa).filter(ca => ca !== null);
  if (cas.length !== trust.cas.length)
    throw refuse('an entry that is not a CA certificate', 'one PEM block of a CA each');
  const astray = cas.find(ca => followChain(ca, { presented: [], pinned: cas }) !== 'root');
  if (astray !== undefined) {
    throw refuse(`a CA without its root (${astray.subject})`, 'each CA leads to a self-signed root in the set');
  }
}

function readCa(pem: string): X509Certificate | null {
  const certificate = parseCertificatePem(pem);
  return certificate?.ca === true ? certificate : null;
}
