import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { z } from 'zod';
import type { ConfigKey } from '../../../agent/controller/protocol.ts';

/** A key that signs configurations and times. The first of them signs, all are in the credentials. */
export interface SigningKey {
  readonly public: ConfigKey;
  readonly private: KeyObject;
}

export const CONFIG_TYPE = 'conjurer-config+jws';
export const TIME_TYPE = 'conjurer-time+jws';

/** Private parts, as they are kept in the data folder. */
export const StoredKeys = z.array(z.object({ kid: z.string(), x: z.string(), d: z.string() })).min(1);
export type StoredKeys = z.infer<typeof StoredKeys>;

export function newStoredKeys(count: number): StoredKeys {
  return Array.from({ length: count }, () => {
    const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    if (x === undefined || d === undefined) throw new Error('an Ed25519 key without x or d');
    return { kid: thumbprint(x), x, d };
  });
}

export function openSigningKeys(stored: StoredKeys): SigningKey[] {
  return stored.map(({ kid, x, d }) => ({
    public: { kty: 'OKP', crv: 'Ed25519', x, kid },
    private: createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x, d } }),
  }));
}

/** Compact serialization. */
export function signJws(type: string, payload: unknown, key: SigningKey): string {
  return assembleJws({ alg: 'Ed25519', kid: key.public.kid, typ: type }, payload, input =>
    sign(null, Buffer.from(input), key.private),
  );
}

export function assembleJws(header: unknown, payload: unknown, signature: (input: string) => Buffer): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${signature(input).toString('base64url')}`;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** RFC 7638. */
function thumbprint(x: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
}
