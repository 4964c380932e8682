import { type BaseBlock, Integer, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import { expect, test } from 'vitest';
import { checkKeyEncryption } from '../../../../../agent/controller/credentials/key-encryption.ts';
import { refused } from '../refused.ts';

const OID = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  sha256: '1.2.840.113549.2.9',
  sha512: '1.2.840.113549.2.11',
  aes256: '2.16.840.1.101.3.4.1.42',
};
const seq = (...value: BaseBlock[]) => new Sequence({ value });
const oid = (value: string) => new ObjectIdentifier({ value });
const num = (value: number | bigint) => Integer.fromBigInt(value);
const bytes = (length: number) => new OctetString({ valueHex: new ArrayBuffer(length) });
const prf = (id = OID.sha256, parameter: BaseBlock[] = [new Null()]) => seq(oid(id), ...parameter);
const pbkdf2 = (...parameters: BaseBlock[]) => seq(oid(OID.pbkdf2), seq(...parameters));
const scrypt = (...parameters: BaseBlock[]) => seq(oid(OID.scrypt), seq(...parameters));
const sealed = (derivation: BaseBlock, iv = 16) =>
  seq(seq(oid(OID.pbes2), seq(derivation, seq(oid(OID.aes256), bytes(iv)))), bytes(48));
const check = (block: BaseBlock, trailing = 0) => {
  const der = Buffer.concat([Buffer.from(block.toBER()), Buffer.alloc(trailing)]);
  return refused(() => checkKeyEncryption({ label: 'ENCRYPTED PRIVATE KEY', der }).length === der.length);
};

test.each([
  ['600,000 rounds', sealed(pbkdf2(bytes(8), num(600_000), prf()))],
  ['10,000,000 rounds', sealed(pbkdf2(bytes(16), num(10_000_000), prf()))],
  ['its key length', sealed(pbkdf2(bytes(8), num(600_000), num(32), prf()))],
  ['a PRF without parameters', sealed(pbkdf2(bytes(8), num(600_000), prf(OID.sha256, [])))],
  ['scrypt', sealed(scrypt(bytes(8), num(16384), num(8), num(1)))],
  ['scrypt and its key length', sealed(scrypt(bytes(32), num(16384), num(8), num(1), num(32)))],
])('accepted: %s', async (_name, block) => {
  expect(await check(block)).toBe(true);
});

test.each([
  ['a round too few', sealed(pbkdf2(bytes(8), num(599_999), prf()))],
  ['a round too many', sealed(pbkdf2(bytes(8), num(10_000_001), prf()))],
  ['rounds below zero', sealed(pbkdf2(bytes(8), num(-600_000), prf()))],
  ['rounds beyond 64 bits', sealed(pbkdf2(bytes(8), num(2n ** 80n), prf()))],
  ['a salt of seven bytes', sealed(pbkdf2(bytes(7), num(600_000), prf()))],
  ['no PRF, which means HMAC-SHA1', sealed(pbkdf2(bytes(8), num(600_000)))],
  ['a key length and no PRF', sealed(pbkdf2(bytes(8), num(600_000), num(32)))],
  ['another PRF', sealed(pbkdf2(bytes(8), num(600_000), prf(OID.sha512)))],
  ['another key length', sealed(pbkdf2(bytes(8), num(600_000), num(16), prf()))],
  ['two PRFs', sealed(pbkdf2(bytes(8), num(600_000), prf(), prf()))],
  ['an IV of eight bytes', sealed(pbkdf2(bytes(8), num(600_000), prf()), 8)],
  ['scrypt with a larger N', sealed(scrypt(bytes(8), num(32768), num(8), num(1)))],
  ['scrypt with another r', sealed(scrypt(bytes(8), num(16384), num(16), num(1)))],
  ['scrypt with another p', sealed(scrypt(bytes(8), num(16384), num(8), num(2)))],
  ['scrypt with another key length', sealed(scrypt(bytes(8), num(16384), num(8), num(1), num(64)))],
  ['an unknown key derivation', sealed(seq(oid(OID.sha256), seq(bytes(8))))],
  ['something that is not a sequence', bytes(4)],
])('refused: %s', async (_name, block) => {
  expect(await check(block)).toEqual({ code: 'E_CREDENTIALS_INVALID', check: 'encryption' });
});

test('refused: bytes after the key', async () => {
  const good = sealed(pbkdf2(bytes(8), num(600_000), prf()));
  expect(await check(good, 1)).toEqual({ code: 'E_CREDENTIALS_INVALID', check: 'encryption' });
});
