import { createHmac } from 'node:crypto';

/** TYPE and secret (latin1, see text-file.ts) → `<redacted:TYPE:xxxxxxxx>`. */
export type Mark = (type: string, value: string) => string;

export function createMark(salt: Uint8Array): Mark {
  return (type, value) => {
    const tag = createHmac('sha256', salt).update(value, 'latin1').digest('hex').slice(0, 8);
    return `<redacted:${type}:${tag}>`;
  };
}
