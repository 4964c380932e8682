import { createHash, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import type { Files } from '../../../../bootstrap/host/host.ts';
import { configName, paths } from '../../../config/paths.ts';
import type { Make } from '../collector.ts';

/**
 * What conjurer keeps under /var/lib/conjurer, by the fields that are named here. A file that does not hold what conjurer
 * writes there is named with what is wrong, since that is what support looks for.
 */
export const stateText: Make = async ({ host: { files } }) => {
  const known = Object.entries(shapes);
  const found: Record<string, unknown> = {};
  for (const [path, shape] of known) found[path] = await readShape(files, path, shape);
  const names = (await files.list(paths.stateDir)) ?? [];
  const listed: Record<string, unknown> = {};
  for (const name of names) {
    const info = await files.stat(`${paths.stateDir}/${name}`);
    if (info === null) continue;
    const { type, mode, uid, size, mtimeMs } = info;
    listed[name] = { type, mode: `0${mode.toString(8)}`, uid, size, changedAt: new Date(mtimeMs).toISOString() };
  }
  return names.length === 0 ? null : `${JSON.stringify({ files: listed, contents: found }, null, 2)}\n`;
};

/** The last registration answer and the last configurations, without the join of the cluster and what files hold. */
export const lastAnswersText: Make = async ({ host: { files } }) => {
  const registration = await readShape(files, paths.registration, RegistrationAnswer);
  const names = ((await files.list(paths.configs)) ?? []).filter(name => configName.test(name));
  const configurations: Record<string, unknown> = {};
  for (const name of names) configurations[name] = shownPayload(await files.readText(`${paths.configs}/${name}`));
  if (registration === null && names.length === 0) return null;
  return `${JSON.stringify({ registration, configurations }, null, 2)}\n`;
};

const text = z.string().nullable().optional();
const count = z.number().nullable().optional();

const RegistrationAnswer = z.object({
  intent: text,
  firstSentAt: text,
  answer: z
    .object({ registrationId: text, state: text, reason: text, keyFingerprint: text, claimCode: text, expiresAt: text })
    .nullable()
    .optional(),
});

/** Join states, bodies and keys are not among them. */
const shapes: Readonly<Record<string, z.ZodType>> = {
  [paths.trust]: z
    .object({
      clusterId: text,
      bootstrapId: text,
      controllerUrls: z.array(z.string()).optional(),
      ntp: z.array(z.string()).optional(),
      issuedAt: text,
      cas: z.array(z.string().transform(fingerprintOf)).optional(),
      configKeys: z.array(z.object({ kid: text })).optional(),
    })
    .nullable(),
  [paths.registration]: z.object({
    clusterId: text,
    edgeName: text,
    intent: text,
    keyFingerprint: text,
    claimCode: text,
  }),
  [paths.node]: z.object({
    nodeId: text,
    registrationId: text,
    edgeName: text,
    certSha256: text,
    renewAfter: text,
    notAfter: text,
  }),
  [paths.operator]: z.object({ certSha256: text, renewAfter: text, notAfter: text }),
  [paths.activation]: z.object({ nodeId: text, certSha256: text, bootId: text, state: text, configGeneration: count }),
  [paths.applied]: z.object({ generation: count, hash: text }),
  [paths.events]: z.object({
    seq: count,
    dropped: count,
    queue: z.array(z.object({ id: text, at: text, code: text, level: text, message: text })).optional(),
  }),
  [paths.hardware]: z.object({
    instanceId: text,
    smbiosUuid: text,
    serial: text,
    rootDiskSerial: text,
    machineIdHash: text,
    imageBuildId: text,
  }),
  [paths.clonedFrom]: z.object({ edgeName: text, nodeId: text, at: text }),
  [paths.clock]: z.object({ at: text }),
  [paths.handoff]: z.object({ nodeId: text, generation: count, state: text }),
  [paths.recovery]: z.object({ intent: text, newIdentityFor: text }),
};

async function readShape(files: Files, path: string, shape: z.ZodType): Promise<unknown> {
  const content = await files.readText(path);
  if (content === null) return null;
  try {
    return shape.parse(JSON.parse(content));
  } catch {
    return { problem: 'it does not hold what conjurer writes there', bytes: content.length };
  }
}

function fingerprintOf(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return 'not a certificate';
  }
}

const Payload = z.object({
  aud: text,
  clusterId: text,
  generation: count,
  issuedAt: text,
  ntp: z.unknown().optional(),
  network: z.unknown().optional(),
  firewall: z.unknown().optional(),
  components: z.array(z.object({ name: text, version: text, sha256: text, size: count })).optional(),
  cluster: z
    .object({
      distribution: text,
      kubernetesVersion: text,
      role: text,
      podSubnet: text,
      serviceSubnet: text,
      controlPlaneEndpoint: text,
    })
    .optional(),
  handoff: z
    .object({ driver: text, operator: z.object({ name: text, version: text, unit: text, namespace: text }).optional() })
    .optional(),
  addons: z.array(z.object({ name: text })).optional(),
});

/** Of one as it was signed, or of what is left of it once its join was used. */
function shownPayload(stored: string | null): unknown {
  const payload = stored?.split('.')[1];
  try {
    if (stored?.startsWith('{') === true) {
      const { hash, document } = z.object({ hash: text, document: Payload }).parse(JSON.parse(stored));
      return { hash, withoutJoin: true, ...document };
    }
    if (payload === undefined) return { problem: 'it is no signed document' };
    const json = Buffer.from(payload, 'base64url').toString('utf8');
    return { sha256: createHash('sha256').update(json).digest('hex'), ...Payload.parse(JSON.parse(json)) };
  } catch {
    return { problem: 'it does not hold a configuration' };
  }
}
