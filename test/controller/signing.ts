import { wrongJws } from './faults/jws.ts';
import type { AimedFault } from './faults/spec.ts';
import type { Parts } from './parts.ts';
import { signJws } from './pki/jws.ts';

/** Signs by the first config key, unless a fault wants it wrong. */
export function signAnswer(
  parts: Parts,
  type: string,
  payload: Readonly<Record<string, unknown>>,
  faults: readonly AimedFault[],
): string {
  const key = parts.signingKeys[0];
  if (!key) throw new Error('there is no config key');
  for (const fault of faults) {
    if (fault.kind === 'wrong-jws') return wrongJws(fault.wrong, type, payload, key);
  }
  return signJws(type, payload, key);
}
