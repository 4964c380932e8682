import * as z from 'zod';

const recipient = z
  .string()
  .regex(/^age1[a-z0-9]{50,4000}$/, 'an age recipient such as age1…, as age-keygen prints it');
const size = z.string().regex(/^[1-9]\d{0,3}(?:MiB|GiB)$/, 'a size such as 256MiB or 1GiB');

const Budget = z.strictObject({
  bytes: size.default('256MiB').describe('What all evidence may be together, before it is packed.'),
  seconds: z
    .int()
    .min(5)
    .max(3600)
    .default(120)
    .describe('How long the collecting may take. What is not there by then is named in the bundle.'),
});

/** The section `bundle`: docs/bundle.md says what is in one. */
export const BundleSection = z.strictObject({
  recipients: z
    .array(recipient)
    .default([])
    .describe('Whom a bundle is encrypted to: the age recipients of the support team.'),
  privacy: z
    .boolean()
    .default(false)
    .describe('true: addresses and names become pseudonyms, the same for the same one.'),
  budget: Budget.prefault({}).describe('What one bundle may cost.'),
});
export type BundleSection = z.infer<typeof BundleSection>;

/** 256MiB → 268435456. */
export function bytesOf(size: string): number {
  const [, digits, unit] = /^(\d+)(MiB|GiB)$/.exec(size) ?? [];
  return Number(digits) * (unit === 'GiB' ? 1024 ** 3 : 1024 ** 2);
}
