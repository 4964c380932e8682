import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkKeyEncryption } from '../../../../../agent/controller/credentials/key-encryption.ts';
import { openCredentials } from '../../../../../agent/controller/credentials/open-credentials.ts';
import { isFor, isNamed, mayIssue, parseCertificate } from '../../../../../agent/controller/identity/certificate.ts';
import { decodeBase64, readPem } from '../../../../../agent/controller/pem.ts';
import { openWorkshop, PASSPHRASE, type Workshop } from '../../../../support/credentials-workshop.ts';
import { refused } from '../refused.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const RUNS = { numRuns: 80 };

let shop: Workshop;
let file: Buffer;
let blocks: string[];
beforeAll(async () => {
  shop = await openWorkshop();
  // Under scrypt a key opens in half the time.
  const key = await shop.locked(PASSPHRASE, { kdf: 'scrypt', N: 16384, cipher: 'aes-256-cbc' });
  file = Buffer.from(await shop.changed({ key, cas: [shop.ca.pem, shop.otherCa.pem] }));
  blocks = file.toString().match(/-----BEGIN [\s\S]+?-----END [A-Z ]+-----\n/g) ?? [];
});

/** Refused, or the change touched nothing but white space that the MAC need not cover. */
async function expectRefusedOrSame(changed: Buffer): Promise<void> {
  const outcome = await refused(() =>
    openCredentials({ passphrase: Buffer.from(PASSPHRASE), credentials: changed, now: NOW }),
  );
  if ('code' in (outcome as object)) return;
  const sealed = file.subarray(0, file.indexOf('-----BEGIN CONJURER MAC'));
  expect(changed.subarray(0, sealed.length)).toEqual(sealed);
  expect(changed.toString('latin1').replace(/\s/g, '')).toBe(file.toString('latin1').replace(/\s/g, ''));
}

describe('a good pair that was changed is refused, and never by a crash', () => {
  test('the pair itself is accepted', async () => {
    await expect(
      openCredentials({ passphrase: Buffer.from(PASSPHRASE), credentials: file, now: NOW }),
    ).resolves.toBeDefined();
    expect(blocks.join('')).toBe(file.toString());
  });

  test('flipped bits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const changed = Buffer.from(file);
        const index = at % file.length;
        changed[index] = (changed[index] ?? 0) ^ mask;
        await expectRefusedOrSame(changed);
      }),
      RUNS,
    );
  });

  test('another base64 character, so that the frame stays whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.constantFrom(...'ABCXYZabcxyz0189+/'), async (at, character) => {
        const bodies = [...file.toString().matchAll(/^[A-Za-z0-9+/]{20,}={0,2}$/gm)];
        const line = bodies[at % bodies.length];
        const index = (line?.index ?? 0) + (at % ((line?.[0].length ?? 4) - 3));
        const changed = Buffer.from(file);
        changed.write(character, index, 'latin1');
        await expectRefusedOrSame(changed);
      }),
      RUNS,
    );
  });

  test('cuts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 4000 }), async (at, length) => {
        const start = at % file.length;
        await expectRefusedOrSame(Buffer.concat([file.subarray(0, start), file.subarray(start + length)]));
      }),
      RUNS,
    );
  });

  test('permuted, doubled and missing blocks', async () => {
    const picks = fc.array(fc.nat(5), { minLength: 1, maxLength: 12 });
    const orders = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(picks, orders), async order => {
        await expectRefusedOrSame(Buffer.from(order.map(index => blocks[index] ?? '').join('')));
      }),
      RUNS,
    );
  });

  test('certificates in another order', async () => {
    const outcomes = [
      [2, 1, 3],
      [3, 2, 1],
      [1, 3, 2],
      [2, 3, 1],
      [3, 1, 2],
    ].map(async order => {
      const changed = Buffer.from([0, ...order, 4, 5].map(index => blocks[index] ?? '').join(''));
      return refused(() => openCredentials({ passphrase: Buffer.from(PASSPHRASE), credentials: changed, now: NOW }));
    });
    const changed = { code: 'E_CREDENTIALS_CHANGED', check: 'mac' };
    expect(await Promise.all(outcomes)).toEqual(Array(5).fill(changed));
  });

  test('a passphrase of any other bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ min: 0x0e, minLength: 16, maxLength: 1023 }), async bytes => {
        const outcome = await refused(() =>
          openCredentials({ passphrase: Buffer.from(bytes), credentials: file, now: NOW }),
        );
        expect(outcome).toEqual({ code: 'E_PASSPHRASE_WRONG', check: 'mac' });
      }),
      { numRuns: 25 },
    );
  });
});

describe('what reads foreign bytes ends in an AgentError or a value', () => {
  const bodyOf = (index: number) => {
    const parsed = readPem(file);
    return (Array.isArray(parsed) ? decodeBase64(parsed[index]?.body ?? '') : null) ?? Buffer.alloc(0);
  };
  const mutated = (bytes: Buffer, at: number, mask: number, cut: number) => {
    const copy = Buffer.from(bytes.subarray(0, bytes.length - (cut % 8)));
    copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ mask;
    return copy;
  };

  test('an encrypted key', async () => {
    const der = bodyOf(0);
    expect(checkKeyEncryption({ label: 'ENCRYPTED PRIVATE KEY', der })).toBe(der);
    await fc.assert(
      fc.asyncProperty(fc.nat(1e4), fc.integer({ min: 0, max: 255 }), fc.nat(), async (at, mask, cut) => {
        await refused(() => checkKeyEncryption({ label: 'ENCRYPTED PRIVATE KEY', der: mutated(der, at, mask, cut) }));
      }),
      { numRuns: 3000 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async bytes => {
        const outcome = await refused(() => checkKeyEncryption({ label: '', der: Buffer.from(bytes) }));
        expect(outcome).toMatchObject({ check: 'encryption' });
      }),
      { numRuns: 2000 },
    );
  });

  test('a certificate', () => {
    const der = bodyOf(2);
    fc.assert(
      fc.property(fc.nat(1e4), fc.integer({ min: 0, max: 255 }), fc.nat(), (at, mask, cut) => {
        const certificate = parseCertificate(mutated(der, at, mask, cut));
        if (certificate === null) return;
        mayIssue(certificate, 1);
        isFor(certificate, '1.3.6.1.5.5.7.3.2');
        isNamed(certificate, 'urn:x');
      }),
      { numRuns: 3000 },
    );
  });
});
