import { generateKeyPairSync, sign } from 'node:crypto';
import type { ConfigKey } from '../../agent/controller/protocol.ts';

export interface ConfigSigner {
  readonly key: ConfigKey;
  /** A payload as it is, or its text; `header` goes over the usual one. */
  jws(payload: unknown, header?: object): string;
}

/** Signs configurations as a Controller does, and whatever else a test wants signed. */
export function configSigner(kid: string): ConfigSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    key: { kty: 'OKP', crv: 'Ed25519', x, kid },
    jws(payload, header = {}) {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
      const part = (value: string) => Buffer.from(value).toString('base64url');
      const head = JSON.stringify({ alg: 'Ed25519', kid, typ: 'conjurer-config+jws', ...header });
      const signed = `${part(head)}.${part(text)}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
    },
  };
}
