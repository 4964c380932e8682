import { createHmac, hkdfSync, randomBytes, type ScryptOptions, scrypt as scryptCallback } from 'node:crypto';
import { promisify } from 'node:util';
import type { ConfigKey } from '../../../agent/controller/protocol.ts';
import { pem } from './pem.ts';

/** What the CONJURER ENROLLMENT block says. */
export interface Enrollment {
  readonly v: 1;
  readonly controllerUrls: readonly string[];
  readonly clusterId: string;
  readonly bootstrapId: string;
  readonly configKeys: readonly ConfigKey[];
  readonly issuedAt: string;
  readonly notAfter: string;
  readonly ntp?: readonly string[];
}

export interface CredentialsParts {
  /** PEM blocks, each with its trailing LF. */
  readonly key: string;
  readonly leaf: string;
  readonly cas: readonly string[];
  readonly enrollment: Enrollment;
  readonly passphrase: Uint8Array;
  readonly seal?: SealOptions;
}

export interface SealOptions {
  /** The scrypt cost of the seal's key. */
  readonly N?: number;
  /** Changes one bit of the MAC. */
  readonly flip?: boolean;
}

/** The whole credentials file: key, leaf, CAs, enrollment, and the seal over every byte before it. */
export async function assembleCredentials(parts: CredentialsParts): Promise<string> {
  const body = parts.key + parts.leaf + parts.cas.join('') + enrollmentBlock(parts.enrollment);
  return body + (await sealBlock(body, parts.passphrase, parts.seal));
}

export function enrollmentBlock(enrollment: Enrollment): string {
  return pem('CONJURER ENROLLMENT', Buffer.from(JSON.stringify(enrollment)));
}

const scrypt = promisify<Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(scryptCallback);

/** The CONJURER MAC block over `body`. */
export async function sealBlock(body: string, passphrase: Uint8Array, options: SealOptions = {}): Promise<string> {
  const { N = 16384, flip = false } = options;
  const salt = randomBytes(16);
  const secret = await scrypt(passphrase, salt, 32, { N, r: 8, p: 1, maxmem: 256 * N * 8 });
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'conjurer credentials v1', 32));
  const mac = createHmac('sha256', key).update(body).digest();
  if (flip) mac.writeUInt8(mac.readUInt8(0) ^ 1, 0);
  const seal = { v: 1, salt: salt.toString('base64url'), N, r: 8, p: 1, mac: mac.toString('base64url') };
  return pem('CONJURER MAC', Buffer.from(JSON.stringify(seal)));
}
