import * as z from 'zod';
import { base64UrlBytes } from './base64url.ts';
import { ConfigKey } from './protocol.ts';

/** One to four keys that may sign configurations and times, told apart by their ids. Closed. */
export const ConfigKeySet = z
  .array(
    z.strictObject(ConfigKey.shape).refine(key => base64UrlBytes(32).safeParse(key.x).success, 'x is not 32 bytes'),
  )
  .min(1)
  .max(4)
  .refine(keys => new Set(keys.map(key => key.kid)).size === keys.length, 'two keys bear the same kid');
