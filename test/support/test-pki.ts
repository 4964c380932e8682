import 'reflect-metadata';
import { generateKeyPairSync, sign, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralNames,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { ClientIdentity } from '../../agent/controller/tls.ts';
import { type Authority, createAuthority } from '../controller/pki/authority.ts';
import { newP256Key } from '../controller/pki/keys.ts';
import { pem } from '../controller/pki/pem.ts';

const DAY_MS = 24 * 3600 * 1000;

export interface Validity {
  /** Days from now; negative is past. Default -1 to 30. */
  readonly fromDays?: number;
  readonly toDays?: number;
}

/** A real CA and the certificates that the tests of connections need, all PEM. */
export interface TestPki {
  readonly ca: string;
  readonly authority: Authority;
  /** For localhost, 127.0.0.1 and ::1, unless another name is given. */
  server(options?: Validity & { readonly name?: string }): Promise<ClientIdentity>;
  client(uri: string): Promise<ClientIdentity>;
}

export async function createTestPki(commonName = 'Test Root', validity: Validity = {}): Promise<TestPki> {
  const authority = await createAuthority(commonName, ...period({ fromDays: -400, toDays: 400, ...validity }));
  return {
    ca: authority.pem,
    authority,
    async server({ name, ...valid } = {}) {
      const [from, to] = period(valid);
      const sans =
        name === undefined
          ? ([
              { type: 'dns', value: 'localhost' },
              { type: 'ip', value: '127.0.0.1' },
              { type: 'ip', value: '::1' },
            ] as const)
          : ([{ type: 'dns', value: name }] as const);
      const key = newP256Key();
      const subject = [{ CN: [name ?? 'localhost'] }];
      const cert = await authority.issue({ spki: key.spki, subject, sans: [...sans], usage: 'server', from, to });
      return { key: Buffer.from(pem('PRIVATE KEY', key.pkcs8)), cert: Buffer.from(cert) };
    },
    async client(uri) {
      const [from, to] = period({});
      const key = newP256Key();
      const sans: JsonGeneralNames = [{ type: 'url', value: uri }];
      const cert = await authority.issue({
        spki: key.spki,
        subject: [{ CN: ['client'] }],
        sans,
        usage: 'client',
        from,
        to,
      });
      return { key: Buffer.from(pem('PRIVATE KEY', key.pkcs8)), cert: Buffer.from(cert) };
    },
  };
}

/** An Ed25519 key as the Controller pins it, and what it signs. */
export function createConfigKey(kid = 'key-1') {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    jwk: { kty: 'OKP', crv: 'Ed25519', x, kid } as const,
    /** Compact JWS. */
    sign(typ: string, payload: object): string {
      const input = [{ alg: 'Ed25519', kid, typ }, payload]
        .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
    },
  };
}

/** Two roots of the same name without key identifiers, as after a roll-over, and a server of each; all PEM. */
export async function createNamesakes(): Promise<[Namesake, Namesake]> {
  return [await createNamesake(), await createNamesake()];
}

export interface Namesake {
  readonly ca: string;
  readonly server: ClientIdentity;
}

async function createNamesake(): Promise<Namesake> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const [root, leaf] = await Promise.all(
    [1, 2].map(() => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])),
  );
  if (root === undefined || leaf === undefined) throw new Error('two keys');
  const [notBefore, notAfter] = period({});
  const common = {
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    signingKey: root.privateKey,
    issuer: 'CN=Namesake',
  };
  const ca = await X509CertificateGenerator.create({
    ...common,
    subject: 'CN=Namesake',
    publicKey: root.publicKey,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const certificate = await X509CertificateGenerator.create({
    ...common,
    subject: 'CN=localhost',
    publicKey: leaf.publicKey,
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', leaf.privateKey));
  return {
    ca: ca.toString('pem'),
    server: { key: Buffer.from(pem('PRIVATE KEY', pkcs8)), cert: Buffer.from(certificate.toString('pem')) },
  };
}

function period({ fromDays = -1, toDays = 30 }: Validity): [Date, Date] {
  return [new Date(Date.now() + fromDays * DAY_MS), new Date(Date.now() + toDays * DAY_MS)];
}
