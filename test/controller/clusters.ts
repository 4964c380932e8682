import { randomBytes, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { Id, Version } from '../../agent/controller/protocol.ts';
import { recordCertificate } from './certificates.ts';
import { DAY, rfc3339 } from './clock.ts';
import type { Parts } from './parts.ts';
import { assembleCredentials } from './pki/credentials-file.ts';
import { newP256Key, sha256Hex } from './pki/keys.ts';
import { ALLOWED_LOCKS, sealKey } from './pki/sealed-key.ts';
import { Refusal } from './problems.ts';
import type { Cluster } from './records.ts';
import { newId } from './registrations.ts';

const ControllerUrl = z.string().regex(/^https:\/\/[^/?#@\s]+$/, 'https://host[:port], without a path');

/** What can be said of a cluster when it is made, and changed later. */
export const ClusterSettings = z.object({
  autoApprove: z.boolean().optional(),
  quota: z.int().nonnegative().nullable().optional(),
  minImage: Version.nullable().optional(),
  blockedImages: z.array(z.string()).optional(),
});
export type ClusterSettings = z.infer<typeof ClusterSettings>;

/** What the credentials file says, beyond what the Controller knows. */
export const CredentialsOrder = z.object({
  controllerUrls: z.array(ControllerUrl).min(1).max(4).optional(),
  ntp: z.array(z.string()).optional(),
  /** When the bootstrap certificate ends; 2046 by default. */
  notAfter: z.iso.datetime({ precision: 0 }).optional(),
  /** What locks the bootstrap key: PBKDF2 by default; scrypt is as good and much quicker to make. */
  lock: z.enum(['pbkdf2', 'scrypt']).optional(),
});
export type CredentialsOrder = z.infer<typeof CredentialsOrder>;

export const ClusterOrder = ClusterSettings.extend({ clusterId: Id, ...CredentialsOrder.shape });
export type ClusterOrder = z.infer<typeof ClusterOrder>;

/** The contents of the two files. They are shown once and kept nowhere. */
export const CredentialsPair = z.object({ passphrase: z.string(), credentials: z.string() });
export type CredentialsPair = z.infer<typeof CredentialsPair>;

export async function createCluster(
  parts: Parts,
  order: ClusterOrder,
): Promise<{ cluster: Cluster } & CredentialsPair> {
  const { clusterId } = order;
  const free = (): void => {
    if (parts.records.clusters.get(clusterId)) throw new Refusal('admin_conflict', `cluster ${clusterId} exists`);
  };
  free();
  const cluster: Cluster = {
    clusterId,
    controllerUrls: order.controllerUrls ?? [parts.defaultUrl()],
    autoApprove: order.autoApprove ?? parts.settings.autoApprove,
    quota: order.quota ?? null,
    minImage: order.minImage ?? null,
    blockedImages: order.blockedImages ?? [],
    createdAt: rfc3339(parts.clock.now()),
    lastGeneration: 0,
    config: null,
    edgeConfigs: {},
  };
  const made = await makeCredentials(parts, cluster, order);
  parts.store.transaction(() => {
    free();
    parts.records.clusters.put(clusterId, cluster);
    made.record();
    parts.audit('admin', 'create cluster', clusterId, { autoApprove: cluster.autoApprove });
  });
  await parts.refreshServer();
  return { cluster, ...made.pair };
}

/** Another pair for the same cluster, under another bootstrap key. Earlier ones stay good until they are revoked. */
export async function renewCredentials(
  parts: Parts,
  cluster: Cluster,
  order: CredentialsOrder,
): Promise<CredentialsPair> {
  const made = await makeCredentials(parts, cluster, order);
  parts.store.transaction(() => {
    made.record();
    parts.audit('admin', 'make credentials', cluster.clusterId);
  });
  return made.pair;
}

const FAR = '2046-01-01T00:00:00Z';

async function makeCredentials(parts: Parts, cluster: Cluster, order: CredentialsOrder) {
  const { clusterId } = cluster;
  const now = parts.clock.now();
  const notAfter = order.notAfter ?? FAR;
  const passphrase = randomBytes(24).toString('base64url');
  const bootstrapId = newId('boot');
  const key = newP256Key();
  const leaf = await parts.authority.issue({
    spki: key.spki,
    subject: [{ O: ['conjurer:bootstrap'] }, { OU: [clusterId] }, { CN: [bootstrapId] }],
    sans: [{ type: 'url', value: `urn:conjurer:cluster:${clusterId}` }],
    usage: 'client',
    from: new Date(Math.min(now, Date.parse(notAfter)) - DAY),
    to: new Date(notAfter),
  });
  const credentials = await assembleCredentials({
    key: await sealKey(key.pkcs8, Buffer.from(passphrase), ALLOWED_LOCKS[order.lock ?? 'pbkdf2']),
    leaf,
    cas: [parts.authority.pem],
    passphrase: Buffer.from(passphrase),
    enrollment: {
      v: 1,
      controllerUrls: order.controllerUrls ?? cluster.controllerUrls,
      clusterId,
      bootstrapId,
      configKeys: parts.signingKeys.map(signing => signing.public),
      issuedAt: rfc3339(now),
      notAfter,
      ...(order.ntp?.length ? { ntp: order.ntp } : {}),
    },
  });
  const record = (): void => {
    recordCertificate(parts, {
      sha256: sha256Hex(new X509Certificate(leaf).raw),
      role: 'bootstrap',
      subject: clusterId,
      spkiSha256: sha256Hex(key.spki),
      csrSha256: null,
      chain: leaf,
      number: 0,
      issuedAt: rfc3339(now),
      renewAfter: notAfter,
      notAfter,
      validUntil: null,
      used: true,
      revoked: null,
    });
  };
  return { pair: { passphrase: `${passphrase}\n`, credentials }, record };
}
