import { generateKeyPairSync } from 'node:crypto';
import type { JsonGeneralNames } from '@peculiar/x509';
import type { ConfigKey } from '../../agent/controller/protocol.ts';
import { type Authority, createAuthority } from '../controller/pki/authority.ts';
import {
  assembleCredentials,
  type CredentialsParts,
  type Enrollment,
  sealBlock,
} from '../controller/pki/credentials-file.ts';
import { newP256Key } from '../controller/pki/keys.ts';
import { type KeyLock, sealKey } from '../controller/pki/sealed-key.ts';

export const PASSPHRASE = 'sample passphrase, no secret';
export const CLUSTER = 'cluster-sample';
export const CLUSTER_URI = `urn:conjurer:cluster:${CLUSTER}`;
const FROM = new Date('2026-01-01T00:00:00Z');
const TO = new Date('2046-01-01T00:00:00Z');
const CA_TO = new Date('2046-12-31T00:00:00Z');
export const DEAD = { from: new Date('2024-01-01T00:00:00Z'), to: new Date('2025-01-01T00:00:00Z') };
const CA_NAME = 'conjurer sample CA';

/** The parts that the samples are put together from. */
export type Workshop = Awaited<ReturnType<typeof openWorkshop>>;

export async function openWorkshop() {
  // All roots bear one name: only the signature tells them apart.
  const ca = await createAuthority(CA_NAME, FROM, CA_TO);
  const otherCa = await createAuthority(CA_NAME, FROM, CA_TO);
  const oldCa = await createAuthority(CA_NAME, DEAD.from, CA_TO);
  const middleCa = await ca.issueAuthority('conjurer sample issuing CA', FROM, CA_TO);
  const key = newP256Key();
  const otherKey = newP256Key();
  const leafBy = (issuer: Authority, changes: Partial<LeafShape> = {}) => leaf(issuer, key.spki, changes);
  const locked = (passphrase: string, lock?: KeyLock) => sealKey(key.pkcs8, Buffer.from(passphrase), lock);
  const enrollment: Enrollment = {
    v: 1,
    controllerUrls: ['https://controller.example:8443', 'https://192.0.2.10:8443'],
    clusterId: CLUSTER,
    bootstrapId: 'boot-sample',
    configKeys: [configKey('sample-current'), configKey('sample-next')],
    issuedAt: '2026-01-01T00:00:00Z',
    notAfter: '2046-01-01T00:00:00Z',
  };
  const good: CredentialsParts = {
    key: await locked(PASSPHRASE),
    leaf: await leafBy(ca),
    cas: [ca.pem],
    enrollment,
    passphrase: Buffer.from(PASSPHRASE),
  };
  const file = await assembleCredentials(good);
  const changed = (changes: Partial<CredentialsParts>) => assembleCredentials({ ...good, ...changes });
  const sealed = async (body: string) => body + (await sealBlock(body, good.passphrase));
  return { ca, otherCa, oldCa, middleCa, key, otherKey, leafBy, locked, enrollment, good, file, changed, sealed };
}

interface LeafShape {
  readonly sans: JsonGeneralNames;
  readonly usage: 'client' | 'server';
  readonly from: Date;
  readonly to: Date;
}

function leaf(issuer: Authority, spki: Buffer, changes: Partial<LeafShape>): Promise<string> {
  return issuer.issue({
    spki,
    subject: [{ O: ['conjurer:bootstrap'] }, { OU: [CLUSTER] }, { CN: ['boot-sample'] }],
    sans: [{ type: 'url', value: CLUSTER_URI }],
    usage: 'client',
    from: FROM,
    to: TO,
    ...changes,
  });
}

function configKey(kid: string): ConfigKey {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  if (x === undefined) throw new Error('an Ed25519 key without x');
  return { kty: 'OKP', crv: 'Ed25519', x, kid };
}
