import { randomBytes, sign } from 'node:crypto';
import { assembleJws, type SigningKey, signJws } from '../pki/jws.ts';
import type { FaultSpec } from './spec.ts';

type WrongJws = Extract<FaultSpec, { kind: 'wrong-jws' }>['wrong'];

/** The JWS that a fault sends in place of the right one: one thing in it is wrong, the rest is as it should be. */
export function wrongJws(
  wrong: WrongJws,
  type: string,
  payload: Readonly<Record<string, unknown>>,
  key: SigningKey,
): string {
  const header = { alg: 'Ed25519', kid: key.public.kid, typ: type };
  const signature = (input: string): Buffer => sign(null, Buffer.from(input), key.private);
  switch (wrong) {
    case 'signature':
      return assembleJws(header, payload, () => randomBytes(64));
    case 'kid':
      return assembleJws({ ...header, kid: 'nobody-knows-this-key' }, payload, signature);
    case 'alg-none':
      return assembleJws({ ...header, alg: 'none' }, payload, () => Buffer.alloc(0));
    case 'typ':
      return assembleJws({ ...header, typ: 'JWT' }, payload, signature);
    case 'aud':
      return signJws(type, { ...payload, aud: 'node-somebody-else' }, key);
    case 'nonce':
      return signJws(type, { ...payload, nonce: randomBytes(24).toString('base64url') }, key);
    case 'generation':
      return signJws(type, { ...payload, generation: Math.max(1, Number(payload.generation) - 1) }, key);
    case 'cut': {
      const right = signJws(type, payload, key);
      return right.slice(0, right.length / 2);
    }
  }
}
