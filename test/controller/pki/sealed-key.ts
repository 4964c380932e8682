import {
  createCipheriv,
  createHash,
  pbkdf2 as pbkdf2Callback,
  randomBytes,
  type ScryptOptions,
  scrypt as scryptCallback,
} from 'node:crypto';
import { promisify } from 'node:util';
import { type BaseBlock, Integer, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import { pem } from './pem.ts';

/** How an ENCRYPTED PRIVATE KEY is locked. The protocol allows few of these; the others make samples to refuse. */
export type KeyLock =
  | { readonly kdf: 'pbkdf2'; readonly rounds: number; readonly hash: 'sha256' | 'sha1'; readonly cipher: Cipher }
  | { readonly kdf: 'scrypt'; readonly N: number; readonly cipher: Cipher }
  | { readonly kdf: 'pbes1-3des'; readonly rounds: number };
export type Cipher = 'aes-256-cbc' | 'aes-128-cbc';

/** The two that the protocol allows, at their lowest. */
export const ALLOWED_LOCKS = {
  pbkdf2: { kdf: 'pbkdf2', rounds: 600_000, hash: 'sha256', cipher: 'aes-256-cbc' },
  scrypt: { kdf: 'scrypt', N: 16384, cipher: 'aes-256-cbc' },
} as const satisfies Record<string, KeyLock>;

/** PKCS#8 under a passphrase, one PEM block. Built here, since Node's own export writes only 2,048 rounds. */
export async function sealKey(pkcs8: Uint8Array, passphrase: Uint8Array, lock: KeyLock = ALLOWED_LOCKS.pbkdf2) {
  const sealed =
    lock.kdf === 'pbes1-3des' ? pbes1(pkcs8, passphrase, lock.rounds) : await pbes2(pkcs8, passphrase, lock);
  return pem('ENCRYPTED PRIVATE KEY', new Uint8Array(sealed.toBER()));
}

const OID = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  hmacWithSha256: '1.2.840.113549.2.9',
  'aes-256-cbc': '2.16.840.1.101.3.4.1.42',
  'aes-128-cbc': '2.16.840.1.101.3.4.1.2',
  pbeWithSha1And3Des: '1.2.840.113549.1.12.1.3',
};
const KEY_BYTES = { 'aes-256-cbc': 32, 'aes-128-cbc': 16 };

const pbkdf2 = promisify(pbkdf2Callback);
const scrypt = promisify<Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(scryptCallback);

async function pbes2(pkcs8: Uint8Array, passphrase: Uint8Array, lock: Exclude<KeyLock, { kdf: 'pbes1-3des' }>) {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const length = KEY_BYTES[lock.cipher];
  const key =
    lock.kdf === 'pbkdf2'
      ? await pbkdf2(passphrase, salt, lock.rounds, length, lock.hash)
      : await scrypt(passphrase, salt, length, { N: lock.N, r: 8, p: 1, maxmem: 256 * lock.N * 8 });
  const derivation =
    lock.kdf === 'pbkdf2'
      ? algorithm(OID.pbkdf2, sequence(octets(salt), integer(lock.rounds), ...pseudoRandomFunction(lock.hash)))
      : algorithm(OID.scrypt, sequence(octets(salt), integer(lock.N), integer(8), integer(1)));
  const scheme = algorithm(OID.pbes2, sequence(derivation, algorithm(OID[lock.cipher], octets(iv))));
  return sequence(scheme, octets(encrypt(lock.cipher, key, iv, pkcs8)));
}

/** HMAC-SHA1 is the default of the ASN.1 type, which DER leaves out. */
function pseudoRandomFunction(hash: 'sha256' | 'sha1'): BaseBlock[] {
  return hash === 'sha256' ? [algorithm(OID.hmacWithSha256, new Null())] : [];
}

function pbes1(pkcs8: Uint8Array, passphrase: Uint8Array, rounds: number) {
  const salt = randomBytes(8);
  const key = pkcs12Derive(1, passphrase, salt, rounds, 24);
  const iv = pkcs12Derive(2, passphrase, salt, rounds, 8);
  const scheme = algorithm(OID.pbeWithSha1And3Des, sequence(octets(salt), integer(rounds)));
  return sequence(scheme, octets(encrypt('des-ede3-cbc', key, iv, pkcs8)));
}

/** RFC 7292, appendix B.2, with SHA-1. Purpose 1 makes a key, 2 an initialisation vector. */
function pkcs12Derive(purpose: 1 | 2, passphrase: Uint8Array, salt: Buffer, rounds: number, length: number): Buffer {
  const block = 64;
  const text = `${Buffer.from(passphrase).toString('latin1')}\0`;
  const bmp = Buffer.from(text, 'utf16le').swap16();
  let input = Buffer.concat([repeatTo(salt, block), repeatTo(bmp, block)]);
  const out: Buffer[] = [];
  for (let made = 0; made < length; made += 20) {
    let digest = Buffer.concat([Buffer.alloc(block, purpose), input]);
    for (let round = 0; round < rounds; round++) digest = createHash('sha1').update(digest).digest();
    out.push(digest);
    const step = BigInt(`0x${Buffer.alloc(block, digest).toString('hex')}`) + 1n;
    const blocks = Array.from({ length: input.length / block }, (_, i) => input.subarray(i * block, (i + 1) * block));
    input = Buffer.concat(blocks.map(part => addModulo(part, step)));
  }
  return Buffer.concat(out).subarray(0, length);
}

function addModulo(part: Buffer, step: bigint): Buffer {
  const bits = part.length * 8;
  const sum = BigInt.asUintN(bits, BigInt(`0x${part.toString('hex')}`) + step);
  return Buffer.from(sum.toString(16).padStart(bits / 4, '0'), 'hex');
}

function repeatTo(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
}

function encrypt(cipher: Cipher | 'des-ede3-cbc', key: Buffer, iv: Buffer, plain: Uint8Array): Buffer {
  const stream = createCipheriv(cipher, key, iv);
  return Buffer.concat([stream.update(plain), stream.final()]);
}

function algorithm(oid: string, parameters: BaseBlock): Sequence {
  return sequence(new ObjectIdentifier({ value: oid }), parameters);
}

function sequence(...value: BaseBlock[]): Sequence {
  return new Sequence({ value });
}

function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: Uint8Array.from(bytes).buffer });
}

function integer(value: number): Integer {
  return new Integer({ value });
}
