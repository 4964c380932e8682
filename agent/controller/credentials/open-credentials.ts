import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { CLIENT_AUTH, isFor, isNamed, isValidAt, parseCertificate } from '../identity/certificate.ts';
import { keyFingerprint } from '../identity/fingerprint.ts';
import { followChain } from '../identity/follow-chain.ts';
import type { ConfigKey } from '../protocol.ts';
import { type CredentialsBlocks, readBlocks } from './blocks.ts';
import { readEnrollment } from './enrollment.ts';
import { checkKeyEncryption } from './key-encryption.ts';
import { readPassphrase } from './passphrase.ts';
import { refusal } from './refusal.ts';
import { compareSeal } from './seal.ts';

/** What the two input files give: whom to call, whom to trust, and the key that opens the door to register. */
export interface Credentials {
  readonly clusterId: string;
  readonly bootstrapId: string;
  /** 1 to 4 of https://host[:port]. */
  readonly controllerUrls: readonly string[];
  readonly configKeys: readonly ConfigKey[];
  /** Hosts or addresses of time servers; [] where the file names none. */
  readonly ntp: readonly string[];
  readonly issuedAt: Date;
  readonly notAfter: Date;
  /** The Controller's CA certificates, PEM, in the order of the file. */
  readonly cas: readonly string[];
  /** Their SHA-256 fingerprints, upper-case hex with colons, in the same order. */
  readonly caSha256: readonly string[];
  readonly leafPem: string;
  readonly leafSpkiFingerprint: string;
  readonly key: KeyObject;
}

/**
 * Opens the passphrase and credentials files (their bytes as they are on disk) and makes every check of the protocol,
 * in its order, before anything is sent. `now: null` says that the time is not proved: then expiry does not count.
 * Throws E_PASSPHRASE_WRONG, E_CREDENTIALS_CHANGED, E_CREDENTIALS_INVALID or E_CREDENTIALS_EXPIRED with the failed `check`.
 * Neither buffer is changed; the caller wipes the passphrase.
 */
export async function openCredentials(files: {
  readonly passphrase: Buffer;
  readonly credentials: Buffer;
  readonly now: Date | null;
}): Promise<Credentials> {
  const passphrase = readPassphrase(files.passphrase);
  const blocks = readBlocks(files.credentials);
  const encryptedKey = checkKeyEncryption(blocks.key);
  const seal = await compareSeal(blocks.mac, blocks.sealed, passphrase);
  const opened = decryptKey(encryptedKey, passphrase);
  if (seal !== 'intact') throw brokenSeal(seal, opened !== null);
  const key = p256Key(opened);
  const leaf = fittingLeaf(blocks.leaf, key);
  const enrollment = readEnrollment(blocks.enrollment, leaf.validToDate);
  const pinned = trustedIssuers(blocks, leaf);
  checkUse(leaf);
  checkName(leaf, enrollment.clusterId);
  if (files.now !== null) checkDates(leaf, pinned, files.now);
  return {
    clusterId: enrollment.clusterId,
    bootstrapId: enrollment.bootstrapId,
    controllerUrls: enrollment.controllerUrls,
    configKeys: enrollment.configKeys,
    ntp: enrollment.ntp ?? [],
    issuedAt: enrollment.issuedAt,
    notAfter: enrollment.notAfter,
    cas: pinned.map(ca => ca.toString()),
    caSha256: pinned.map(ca => ca.fingerprint256),
    leafPem: leaf.toString(),
    leafSpkiFingerprint: keyFingerprint(leaf.publicKey.export({ type: 'spki', format: 'der' })),
    key,
  };
}

function decryptKey(der: Buffer, passphrase: Buffer): KeyObject | null {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8', passphrase });
  } catch {
    return null;
  }
}

function brokenSeal(seal: 'line-endings' | 'different', keyOpens: boolean): Error {
  if (seal === 'different' && !keyOpens) {
    return refusal(
      'mac',
      'the passphrase does not belong to these credentials',
      { seen: 'neither the MAC nor the key fits the passphrase', wanted: 'the passphrase of the same download' },
      'E_PASSPHRASE_WRONG',
    );
  }
  const seen =
    seal === 'line-endings'
      ? 'the line endings were converted from LF to CR LF; nothing else was changed'
      : 'the passphrase opens the key, but the MAC over the file does not fit';
  return refusal(
    'mac',
    'the credentials file was changed after the Controller made it',
    { seen, wanted: 'every byte as it was downloaded' },
    'E_CREDENTIALS_CHANGED',
  );
}

function p256Key(opened: KeyObject | null): KeyObject {
  if (opened?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return opened;
  throw refusal('keyOpens', 'the key in the credentials file cannot be used', {
    seen:
      opened === null
        ? 'the passphrase fits the MAC and does not open the key'
        : `a key of type ${opened.asymmetricKeyType}`,
    wanted: 'a P-256 key (PKCS#8) under the passphrase of the same download',
  });
}

function fittingLeaf(der: Buffer, key: KeyObject): X509Certificate {
  const leaf = parseCertificate(der);
  if (leaf?.checkPrivateKey(key) === true) return leaf;
  throw refusal('keyFits', 'the bootstrap certificate is not that of the key', {
    seen:
      leaf === null ? 'bytes that are not a certificate' : `a certificate of another key (${oneLine(leaf.subject)})`,
    wanted: 'the certificate of the key in the same file',
  });
}

function trustedIssuers(blocks: CredentialsBlocks, leaf: X509Certificate): X509Certificate[] {
  const pinned = blocks.cas.map((der, index) => {
    const ca = parseCertificate(der);
    if (ca?.ca === true) return ca;
    throw refusal('issuer', 'a CA certificate in the credentials file is none', {
      seen: `CA ${index + 1} is ${ca === null ? 'not a certificate' : `not a CA (${oneLine(ca.subject)})`}`,
      wanted: 'CA certificates after the bootstrap certificate',
    });
  });
  const end = followChain(leaf, { presented: [], pinned });
  if (end === 'root') return pinned;
  throw refusal('issuer', 'the bootstrap certificate is not issued by the CAs in the file', {
    seen:
      end === 'no-issuer'
        ? `none of the ${pinned.length} CA certificates signed it`
        : 'the CA that issued it is in the file, its root is not',
    wanted: 'signatures that lead from it to a self-signed root, all in the file',
  });
}

function checkUse(leaf: X509Certificate): void {
  if (isFor(leaf, CLIENT_AUTH)) return;
  throw refusal('clientAuth', 'the bootstrap certificate is not for clients', {
    seen: `extended key usage ${leaf.keyUsage?.join(', ') ?? 'absent'}`,
    wanted: `clientAuth (${CLIENT_AUTH})`,
  });
}

function checkName(leaf: X509Certificate, clusterId: string): void {
  const wanted = `urn:conjurer:cluster:${clusterId}`;
  if (isNamed(leaf, wanted)) return;
  throw refusal('san', 'the bootstrap certificate is not that of the cluster in the enrollment block', {
    seen: `subject alternative name ${leaf.subjectAltName ?? 'absent'}`,
    wanted: `URI:${wanted} alone`,
  });
}

function checkDates(leaf: X509Certificate, pinned: readonly X509Certificate[], now: Date): void {
  const usable = (ca: X509Certificate) => isValidAt(ca, now);
  if (isValidAt(leaf, now) && followChain(leaf, { presented: [], pinned, usable }) === 'root') return;
  const [late, what] = isValidAt(leaf, now)
    ? [pinned.find(ca => !usable(ca)) ?? leaf, 'a CA certificate in the credentials file']
    : [leaf, 'the bootstrap certificate'];
  const early = now < late.validFromDate;
  throw refusal(
    'expiry',
    `${what} ${early ? 'is not valid yet' : 'has expired'}`,
    {
      seen: early ? `valid from ${late.validFromDate.toISOString()}` : `valid until ${late.validToDate.toISOString()}`,
      wanted: `valid now, ${now.toISOString()}`,
    },
    'E_CREDENTIALS_EXPIRED',
  );
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}
