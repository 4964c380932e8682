import { type BaseBlock, Integer, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import { readDer } from '../der.ts';
import { refusal } from './refusal.ts';

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const SCRYPT = '1.3.6.1.4.1.11591.4.11';
const HMAC_SHA256 = '1.2.840.113549.2.9';
const AES_256_CBC = '2.16.840.1.101.3.4.1.42';

const SHORTEST_SALT = 8;
const KEY_BYTES = 32;
const FEWEST_ROUNDS = 600_000n;
const MOST_ROUNDS = 10_000_000n;
const WANTED =
  'ENCRYPTED PRIVATE KEY: PBES2, AES-256-CBC, and PBKDF2-SHA256 of 600,000 to 10,000,000 rounds or scrypt N=16384 r=8 p=1';

/**
 * Reads from an EncryptedPrivateKeyInfo (RFC 5958, RFC 8018, RFC 7914) how the key is encrypted, and refuses what is
 * weaker, slower or other than the protocol has it. Nothing is decrypted: Node would take a weak or plain key too.
 * Throws E_CREDENTIALS_INVALID, check `encryption`.
 */
export function checkKeyEncryption(key: { readonly label: string; readonly der: Buffer | null }): Buffer {
  if (key.der === null) throw refused(`the block ${key.label}`);
  const [algorithm, encrypted] = members(readDer(key.der) ?? undefined, 2);
  if (!(encrypted instanceof OctetString)) throw refused('bytes that are not an encrypted key');
  const [scheme, parameters] = members(algorithm, 2);
  if (oidOf(scheme) !== PBES2) throw refused(`encryption scheme ${oidOf(scheme)}`);
  const [derivation, cipher] = members(parameters, 2);
  checkCipher(cipher);
  checkDerivation(derivation);
  return key.der;
}

function checkCipher(cipher: BaseBlock | undefined): void {
  const [id, iv] = members(cipher, 2);
  if (oidOf(id) !== AES_256_CBC) throw refused(`cipher ${oidOf(id)}`);
  if (!(iv instanceof OctetString) || iv.valueBlock.valueHexView.length !== 16)
    throw refused('an IV of another length');
}

function checkDerivation(derivation: BaseBlock | undefined): void {
  const [id, parameters] = members(derivation, 2);
  if (oidOf(id) === PBKDF2) checkPbkdf2(parameters);
  else if (oidOf(id) === SCRYPT) checkScrypt(parameters);
  else throw refused(`key derivation ${oidOf(id)}`);
}

function checkPbkdf2(parameters: BaseBlock | undefined): void {
  const [salt, rounds, ...rest] = members(parameters, 2, 4);
  checkSalt(salt);
  const count = numberOf(rounds);
  if (count < FEWEST_ROUNDS || count > MOST_ROUNDS) throw refused(`PBKDF2 of ${count} rounds`);
  if (rest[0] instanceof Integer) checkKeyLength(rest.shift());
  // Left out, it means HMAC-SHA1.
  const [prf, nothing] = rest.length === 1 ? members(rest[0], 1, 2) : [];
  if (oidOf(prf) !== HMAC_SHA256) throw refused(`PBKDF2 with ${prf === undefined ? 'HMAC-SHA1' : oidOf(prf)}`);
  if (nothing !== undefined && !(nothing instanceof Null)) throw refused('PBKDF2 with unknown parameters');
}

function checkScrypt(parameters: BaseBlock | undefined): void {
  const [salt, N, r, p, length] = members(parameters, 4, 5);
  checkSalt(salt);
  if (numberOf(N) !== 16384n || numberOf(r) !== 8n || numberOf(p) !== 1n) {
    throw refused(`scrypt N=${numberOf(N)} r=${numberOf(r)} p=${numberOf(p)}`);
  }
  if (length !== undefined) checkKeyLength(length);
}

function checkSalt(salt: BaseBlock | undefined): void {
  const length = salt instanceof OctetString ? salt.valueBlock.valueHexView.length : 0;
  if (length < SHORTEST_SALT) throw refused(`a salt of ${length} bytes`);
}

function checkKeyLength(length: BaseBlock | undefined): void {
  if (numberOf(length) !== BigInt(KEY_BYTES)) throw refused(`a derived key of ${numberOf(length)} bytes`);
}

function members(block: BaseBlock | undefined, least: number, most = least): BaseBlock[] {
  const value = block instanceof Sequence ? block.valueBlock.value : [];
  if (value.length < least || value.length > most) throw refused('parameters that are not those of an encrypted key');
  return [...value];
}

function oidOf(block: BaseBlock | undefined): string {
  return block instanceof ObjectIdentifier ? block.getValue() : 'unknown';
}

function numberOf(block: BaseBlock | undefined): bigint {
  return block instanceof Integer ? block.toBigInt() : -1n;
}

function refused(seen: string): Error {
  return refusal('encryption', 'the key in the credentials file is not encrypted as the Controller does it', {
    seen,
    wanted: WANTED,
    next: 'download the credentials again: a key that was re-encrypted or decrypted by hand is refused; then: conjurer run',
  });
}
