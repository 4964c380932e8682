import { beforeAll, describe, expect, test } from 'vitest';
import { openCredentials } from '../../../../../agent/controller/credentials/open-credentials.ts';
import { AgentError } from '../../../../../bootstrap/errors.ts';
import { type CredentialsSample, sampleCredentials } from '../../../../support/credentials.ts';
import { DEAD, openWorkshop, PASSPHRASE, type Workshop } from '../../../../support/credentials-workshop.ts';
import { refused } from '../refused.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const passphrase = Buffer.from(PASSPHRASE);
const opened = (credentials: string | Buffer, now: Date | null = NOW) =>
  openCredentials({ passphrase, credentials: Buffer.from(credentials), now });

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});

describe('the sample credentials', () => {
  let outcomes: { sample: CredentialsSample; outcome: unknown }[];
  beforeAll(async () => {
    outcomes = [];
    for (const sample of await sampleCredentials()) {
      const outcome = await openCredentials({ ...sample, now: NOW }).catch((error: unknown) => error);
      outcomes.push({ sample, outcome });
    }
  });

  test('the good ones give what is in them', () => {
    const good = outcomes.filter(({ sample }) => !('check' in sample.expected));
    expect(good).toHaveLength(11);
    for (const { sample, outcome } of good) expect(outcome, sample.name).toMatchObject(sample.expected);
  });

  test('the bad ones are refused, each with its code and the first check that fails', () => {
    const bad = outcomes.filter(({ sample }) => 'check' in sample.expected);
    expect(bad).toHaveLength(47);
    for (const { sample, outcome } of bad) {
      if (!('check' in sample.expected)) continue;
      const { code, check } = sample.expected;
      expect(outcome, sample.name).toBeInstanceOf(AgentError);
      expect(outcome, sample.name).toMatchObject({ code: `E_${code.toUpperCase()}`, check });
    }
  });

  test('every refusal says what was seen, what was wanted and what to do, on one line, and never the passphrase', () => {
    for (const { sample, outcome } of outcomes) {
      if (!(outcome instanceof AgentError)) continue;
      const { message, seen, wanted, next } = outcome;
      for (const part of [message, seen, wanted, next]) {
        expect(part, sample.name).toMatch(/^[^\n]+$/);
        expect(part, sample.name).not.toContain(PASSPHRASE);
      }
    }
  });
});

describe('what the good file gives', () => {
  test('all of it, and the two buffers as they were', async () => {
    const files = { passphrase: Buffer.from(passphrase), credentials: Buffer.from(shop.file), now: NOW };
    const credentials = await openCredentials(files);
    expect(credentials).toMatchObject({
      bootstrapId: 'boot-sample',
      configKeys: shop.enrollment.configKeys,
      ntp: [],
      issuedAt: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2046-01-01T00:00:00Z'),
      cas: [shop.ca.pem],
      leafPem: shop.good.leaf,
    });
    expect(credentials.key.export({ type: 'pkcs8', format: 'der' })).toEqual(shop.key.pkcs8);
    expect(files.passphrase).toEqual(passphrase);
    expect(files.credentials).toEqual(Buffer.from(shop.file));
  });
});

describe('expiry', () => {
  const dead = async () =>
    shop.changed({
      leaf: await shop.leafBy(shop.oldCa, DEAD),
      cas: [shop.oldCa.pem],
      enrollment: { ...shop.enrollment, notAfter: '2025-01-01T00:00:00Z' },
    });

  test('does not count while the time is not proved', async () => {
    expect(await opened(await dead(), null)).toMatchObject({ clusterId: 'cluster-sample' });
  });

  test('counts to the second', async () => {
    const file = await dead();
    expect(await opened(file, DEAD.to)).toMatchObject({ clusterId: 'cluster-sample' });
    const later = new Date(DEAD.to.getTime() + 1000);
    expect(await refused(() => opened(file, later))).toEqual({ code: 'E_CREDENTIALS_EXPIRED', check: 'expiry' });
  });

  test('a certificate that is not valid yet is said to be early, not late', async () => {
    await expect(opened(shop.file, new Date('2025-12-31T23:59:59Z'))).rejects.toMatchObject({
      code: 'E_CREDENTIALS_EXPIRED',
      check: 'expiry',
      message: 'the bootstrap certificate is not valid yet',
    });
  });

  test('a CA that has ended ends what it issued', async () => {
    const { createAuthority } = await import('../../../../controller/pki/authority.ts');
    const shortCa = await createAuthority('short', DEAD.from, DEAD.to);
    const file = await shop.changed({ leaf: await shop.leafBy(shortCa), cas: [shortCa.pem] });
    await expect(opened(file)).rejects.toMatchObject({
      code: 'E_CREDENTIALS_EXPIRED',
      check: 'expiry',
      message: 'a CA certificate in the credentials file has expired',
    });
    expect(await opened(file, null)).toMatchObject({ clusterId: 'cluster-sample' });
  });
});

describe('what the samples do not show', () => {
  const invalid = (check: string) => ({ code: 'E_CREDENTIALS_INVALID', check });

  test('a certificate in the place of a CA that is none', async () => {
    const file = await shop.changed({ cas: [shop.ca.pem, shop.good.leaf] });
    expect(await refused(() => opened(file))).toEqual(invalid('issuer'));
  });

  test('a key that is not P-256', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const { sealKey } = await import('../../../../controller/pki/sealed-key.ts');
    const pkcs8 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({
      type: 'pkcs8',
      format: 'der',
    });
    const file = await shop.changed({ key: await sealKey(pkcs8, passphrase) });
    expect(await refused(() => opened(file))).toEqual(invalid('keyOpens'));
  });

  test('bytes that are not a certificate, under a right MAC', async () => {
    const block = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(await refused(async () => opened(await shop.changed({ leaf: block })))).toEqual(invalid('keyFits'));
    expect(await refused(async () => opened(await shop.changed({ cas: [block] })))).toEqual(invalid('issuer'));
  });

  test('a member named twice in a closed block', async () => {
    const { pem } = await import('../../../../controller/pki/pem.ts');
    const json = JSON.stringify(shop.enrollment).replace('"v":1', '"v":1,"v":1');
    const body = shop.good.key + shop.good.leaf + shop.ca.pem + pem('CONJURER ENROLLMENT', Buffer.from(json));
    expect(await refused(async () => opened(await shop.sealed(body)))).toEqual(invalid('enrollment'));
  });

  test('a file of more than 128 KiB is not read on', async () => {
    const file = shop.file + ' '.repeat(128 * 1024);
    expect(await refused(() => opened(file))).toEqual(invalid('format'));
  });

  test('an older encrypted key (EC PRIVATE KEY with headers) is named as what it is', async () => {
    const key = '-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END EC PRIVATE KEY-----\n';
    expect(await refused(async () => opened(await shop.changed({ key })))).toEqual(invalid('encryption'));
  });

  test.each([
    ['a byte order mark', (file: string) => Buffer.from(`\uFEFF${file}`), /byte order mark/],
    ['UTF-16', (file: string) => Buffer.from(`\uFEFF${file}`, 'utf16le'), /UTF-16/],
  ])('%s is named', async (_name, convert, seen) => {
    const error = await opened(convert(shop.file)).catch(error => error);
    expect(error).toMatchObject({ ...invalid('format'), seen: expect.stringMatching(seen) });
  });

  test('converted line endings are told from other changes', async () => {
    const converted = await opened(shop.file.replaceAll('\n', '\r\n')).catch(error => error);
    expect(converted).toMatchObject({ code: 'E_CREDENTIALS_CHANGED', seen: expect.stringContaining('line endings') });
    const [ca, other] = [shop.ca.pem, shop.otherCa.pem];
    const swapped = await opened(shop.file.replace(ca, other).replaceAll('\n', '\r\n')).catch(error => error);
    expect(swapped).toMatchObject({ code: 'E_CREDENTIALS_CHANGED', seen: expect.not.stringContaining('line endings') });
  });
});
