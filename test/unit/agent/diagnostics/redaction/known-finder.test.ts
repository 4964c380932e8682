import fc from 'fast-check';
import { expect, test } from 'vitest';
import { knownFinder } from '../../../../../agent/diagnostics/redaction/known-finder.ts';

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength }).map(Buffer.from);

test('a secret is found at the very place where it stands, raw and within any base64', () => {
  fc.assert(
    fc.property(
      fc.array(bytes(6, 60), { minLength: 1, maxLength: 5 }),
      bytes(0, 40),
      bytes(0, 40),
      fc.nat(4),
      (secrets, before, after, which) => {
        const find = knownFinder(secrets);
        const secret = secrets[which % secrets.length] as Buffer;
        expect(find(Buffer.concat([before, secret, after]))).toContain(before.length);
        const encoded = Buffer.concat([before, secret, after]).toString('base64');
        if (secret.length >= 9) expect(find(Buffer.from(encoded)).length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 2000 },
  );
});

test('nothing is found where none stands', () => {
  const find = knownFinder([Buffer.from('hunter2hunter2'), Buffer.from('correct horse')]);
  expect(find(Buffer.from('hunter2hunter correct hors hunter3hunter2 '.repeat(50)))).toEqual([]);
  expect(find(Buffer.alloc(0))).toEqual([]);
});
