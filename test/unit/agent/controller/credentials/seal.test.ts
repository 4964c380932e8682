import { expect, test } from 'vitest';
import { compareSeal } from '../../../../../agent/controller/credentials/seal.ts';
import { sealBlock } from '../../../../controller/pki/credentials-file.ts';
import { refused } from '../refused.ts';

const passphrase = Buffer.from('sample passphrase, no secret');
const body = Buffer.from('every byte\nof the file\n');
const good = {
  v: 1,
  salt: Buffer.alloc(16, 1).toString('base64url'),
  N: 16384,
  r: 8,
  p: 1,
  mac: Buffer.alloc(32, 1).toString('base64url'),
};
const compare = (mac: object) => refused(() => compareSeal(Buffer.from(JSON.stringify(mac)), body, passphrase));

test('a seal that fits, and one over another body', async () => {
  const block = (await sealBlock(body.toString(), passphrase)).replace(/-----.*-----\n/g, '');
  const mac = Buffer.from(block, 'base64');
  expect(await compareSeal(mac, body, passphrase)).toBe('intact');
  expect(await compareSeal(mac, Buffer.from(body.toString().replaceAll('\n', '\r\n')), passphrase)).toBe(
    'line-endings',
  );
  expect(await compareSeal(mac, Buffer.from('every byte\nof another\n'), passphrase)).toBe('different');
  expect(await compareSeal(mac, body, Buffer.from('another passphrase, no secret'))).toBe('different');
});

test('one bit anywhere in the MAC', async () => {
  const block = (await sealBlock(body.toString(), passphrase)).replace(/-----.*-----\n/g, '');
  const seal = JSON.parse(Buffer.from(block, 'base64').toString());
  for (const at of [0, 15, 31]) {
    const mac = Buffer.from(seal.mac, 'base64url');
    mac[at] = (mac[at] ?? 0) ^ 0x10;
    expect(await compare({ ...seal, mac: mac.toString('base64url') }), `byte ${at}`).toBe('different');
  }
});

test('well-formed, and it does not fit', async () => {
  expect(await compare(good)).toBe('different');
});

test.each([
  ['another version', { ...good, v: 2 }],
  ['N below 2^14', { ...good, N: 8192 }],
  ['N above 2^18', { ...good, N: 2 ** 19 }],
  ['N that is no power of two', { ...good, N: 16385 }],
  ['N as text', { ...good, N: '16384' }],
  ['another r', { ...good, r: 16 }],
  ['another p', { ...good, p: 2 }],
  ['a salt of 15 bytes', { ...good, salt: Buffer.alloc(15).toString('base64url') }],
  ['a salt of 17 bytes', { ...good, salt: Buffer.alloc(17).toString('base64url') }],
  ['a padded salt', { ...good, salt: Buffer.alloc(16).toString('base64') }],
  ['a salt with stray bits', { ...good, salt: `${'A'.repeat(21)}B` }],
  ['a mac of 31 bytes', { ...good, mac: Buffer.alloc(31).toString('base64url') }],
  ['a mac in base64', { ...good, mac: Buffer.alloc(32, 0xff).toString('base64').replace('=', '') }],
  ['a field too many', { ...good, comment: '' }],
  ['a field too few', { ...good, p: undefined }],
  ['a list', [good]],
])('refused: %s', async (_name, mac) => {
  expect(await compare(mac)).toEqual({ code: 'E_CREDENTIALS_INVALID', check: 'mac' });
});
