import { isHarmless } from './fields.ts';
import type { Mark } from './marks.ts';
import { secretKind } from './secret-keys.ts';

/** Cleans every string and key of a value. What is under a key that names a secret goes, whatever it looks like. */
export function redactKeyed(value: unknown, redact: (text: string) => string, mark: Mark): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inner => redactKeyed(inner, redact, mark));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const type = secretKind(key);
      const goes = type !== null && (wholeKeys.test(key) ? inner !== null : isSecretScalar(inner, type));
      return [redact(key), goes ? mark(type, latin1(inner)) : redactKeyed(inner, redact, mark)];
    }),
  );
}

/** Under these, objects go too. */
const wholeKeys =
  /^(?:passphrase|password|secret|token|joinState|conjurer-join-state|recoveryTicket|authorization|proxy-authorization|privateKey)$/i;

/** A number is a count, but under a password's name. */
function isSecretScalar(value: unknown, type: string): boolean {
  return typeof value === 'string' ? !isHarmless(value) : typeof value === 'number' && type === 'password';
}

function latin1(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toString('latin1');
}
