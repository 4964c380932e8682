import * as z from 'zod';

/** Unpadded base64url of exactly that many bytes, in its one canonical form; parsed into those bytes. */
export function base64UrlBytes(length: number) {
  return z.string().transform((text, context) => {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length === length && bytes.toString('base64url') === text) return bytes;
    context.addIssue({ code: 'custom', message: `not ${length} bytes in unpadded base64url` });
    return z.NEVER;
  });
}
