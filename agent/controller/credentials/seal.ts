import { createHmac, hkdfSync, scrypt, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { base64UrlBytes } from '../base64url.ts';
import { parseClosedJson } from '../closed-json.ts';
import { firstIssue, refusal } from './refusal.ts';

const PURPOSE = 'conjurer credentials v1';
const KEY_BYTES = 32;

/** The block CONJURER MAC. Closed. The bounds keep a guess dear and the memory at 256 MiB. */
const Mac = z.strictObject({
  v: z.literal(1),
  salt: base64UrlBytes(16),
  N: z.literal([2 ** 14, 2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18]),
  r: z.literal(8),
  p: z.literal(1),
  mac: base64UrlBytes(32),
});
type Mac = z.infer<typeof Mac>;

/**
 * Compares the MAC over the credentials file with its bytes: 'intact', 'line-endings' where it would fit had CR LF
 * stayed LF, else 'different'. Throws E_CREDENTIALS_INVALID, check `mac`, where its parameters are not acceptable.
 */
export async function compareSeal(
  block: Buffer,
  sealed: Buffer,
  passphrase: Buffer,
): Promise<'intact' | 'line-endings' | 'different'> {
  const mac = readMac(block);
  const key = await deriveKey(passphrase, mac);
  try {
    const fits = (bytes: Buffer) => timingSafeEqual(createHmac('sha256', key).update(bytes).digest(), mac.mac);
    if (fits(sealed)) return 'intact';
    return fits(withoutCarriageReturns(sealed)) ? 'line-endings' : 'different';
  } finally {
    key.fill(0);
  }
}

function readMac(block: Buffer): Mac {
  const read = Mac.safeParse(parseClosedJson(block));
  if (read.success) return read.data;
  throw refusal('mac', 'the block CONJURER MAC is not one that the Controller makes', {
    seen: firstIssue(read.error),
    wanted: 'JSON of v 1, salt of 16 bytes, N of 16384 to 262144 (a power of two), r 8, p 1, mac of 32 bytes',
  });
}

/** HKDF-SHA256 over scrypt, both of 32 bytes. */
async function deriveKey(passphrase: Buffer, { salt, N, r, p }: Mac): Promise<Buffer> {
  const stretched = await new Promise<Buffer>((resolve, reject) => {
    scrypt(passphrase, salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
  const key = Buffer.from(hkdfSync('sha256', stretched, Buffer.alloc(0), PURPOSE, KEY_BYTES));
  stretched.fill(0);
  return key;
}

function withoutCarriageReturns(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}
