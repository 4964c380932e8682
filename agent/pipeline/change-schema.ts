import * as z from 'zod';
import type { Change } from '../../bootstrap/change.ts';

const base = { id: z.string() };
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const imagesInArchive = z
  .array(z.object({ ref: z.string(), digest: z.string(), platform: z.string() }))
  .readonly()
  .nullable();

const ownChains = z
  .array(
    z.object({
      table: z.enum(['filter', 'mangle']),
      name: z.string(),
      from: z.enum(['INPUT', 'FORWARD', 'PREROUTING']).nullable(),
      interfaces: z.array(z.string()).readonly(),
      rules: z.array(z.string()).readonly().nullable(),
    }),
  )
  .readonly();

const clusterNode = z.object({
  role: z.enum(['control-plane', 'worker']),
  kubernetesVersion: z.string(),
  nodeName: z.string(),
  podSubnet: z.string().nullable(),
  serviceSubnet: z.string().nullable(),
  endpoint: z.string().nullable(),
  skipPhases: z.array(z.string()).readonly(),
  config: z.string(),
});

/** A change as it stands in the journal. The journal does not compile while a kind is missing here. */
export const changeSchema = z.discriminatedUnion('kind', [
  z.object({ ...base, kind: z.literal('file'), path: z.string(), mode: z.int(), content: z.string().nullable() }),
  z.object({ ...base, kind: z.literal('symlink'), path: z.string(), target: z.string() }),
  z.object({
    ...base,
    kind: z.literal('secret-file'),
    path: z.string(),
    mode: z.int(),
    source: z.union([
      z.object({ generate: z.literal('p256-key') }),
      z.object({ from: z.string(), sha256: hash }),
      z.null(),
    ]),
  }),
  z.object({
    ...base,
    kind: z.literal('unit'),
    unit: z.string(),
    enabled: z.boolean().exactOptional(),
    active: z.boolean().exactOptional(),
  }),
  z.object({
    ...base,
    kind: z.literal('registration'),
    clusterId: z.string(),
    edgeName: z.string(),
    intent: z.enum(['new', 'recover']),
  }),
  z.object({
    ...base,
    kind: z.literal('activation'),
    nodeId: z.string(),
    registrationId: z.string(),
    certSha256: z.string(),
    bootId: z.string(),
  }),
  z.object({
    ...base,
    kind: z.literal('certificate'),
    role: z.enum(['node', 'operator']),
    nodeId: z.string(),
    keyPath: z.string(),
    certificatePath: z.string(),
    replaces: z.string().nullable(),
  }),
  z.object({
    ...base,
    kind: z.literal('configuration'),
    generation: z.int(),
    hash: z.string(),
  }),
  z.object({ ...base, kind: z.literal('join-removal'), generation: z.int() }),
  z.object({
    ...base,
    kind: z.literal('network'),
    settings: z.string(),
    renderer: z.enum(['netplan', 'networkd']),
    files: z.array(z.object({ path: z.string(), mode: z.int(), content: z.string().nullable() })).readonly(),
    moves: z.array(z.object({ from: z.string(), to: z.string() })).readonly(),
    links: z
      .array(
        z.object({
          name: z.string(),
          virtual: z.boolean(),
          addresses: z.array(z.string()).readonly(),
          routes: z.array(z.string()).readonly(),
          mtu: z.int().nullable(),
        }),
      )
      .readonly(),
    gone: z.array(z.string()).readonly(),
    confirmSeconds: z.int().nullable(),
  }),
  z.object({ ...base, kind: z.literal('hostname'), name: z.string() }),
  z.object({
    ...base,
    kind: z.literal('service-file'),
    unit: z.string(),
    path: z.string(),
    mode: z.int(),
    content: z.string().nullable(),
  }),
  z.object({
    ...base,
    kind: z.literal('proxy-file'),
    unit: z.string(),
    path: z.string(),
    sha256: hash.nullable(),
  }),
  z.object({
    ...base,
    kind: z.literal('image-import'),
    socket: z.string(),
    ref: z.string(),
    digest: z.string(),
    archive: z.string(),
    sha256: hash,
  }),
  z.object({
    ...base,
    kind: z.literal('image-labels'),
    socket: z.string(),
    ref: z.string(),
    labels: z.record(z.string(), z.string()),
  }),
  z.object({
    ...base,
    kind: z.literal('component-file'),
    component: z.string(),
    version: z.string(),
    path: z.string(),
    mode: z.int(),
    url: z.string(),
    sha256: hash,
    size: z.int(),
    images: imagesInArchive,
    imported: z
      .array(
        z.object({
          socket: z.string(),
          ref: z.string(),
          digest: z.string(),
          labels: z.record(z.string(), z.string()),
        }),
      )
      .readonly(),
  }),
  z.object({
    ...base,
    kind: z.literal('component-restore'),
    component: z.string(),
    path: z.string(),
    sha256: hash.nullable(),
    entry: z
      .object({
        component: z.string(),
        path: z.string(),
        version: z.string(),
        sha256: hash,
        size: z.int(),
        images: imagesInArchive,
      })
      .nullable(),
  }),
  z.object({ ...base, kind: z.literal('daemon-reload'), unit: z.string() }),
  z.object({ ...base, kind: z.literal('move'), from: z.string(), to: z.string() }),
  z.object({
    ...base,
    kind: z.literal('ruleset'),
    families: z.object({ ipv4: ownChains, ipv6: ownChains.nullable() }),
  }),
  z.object({ ...base, kind: z.literal('kernel-module'), module: z.string() }),
  z.object({ ...base, kind: z.literal('sysctl'), key: z.string(), value: z.string() }),
  z.object({ ...base, kind: z.literal('cluster-node'), socket: z.string(), node: clusterNode.nullable() }),
  z.object({
    ...base,
    kind: z.literal('pod-network'),
    path: z.string(),
    template: z.string(),
    nodeName: z.string(),
    kubeconfig: z.string(),
  }),
  z.object({
    ...base,
    kind: z.literal('manifest'),
    kubeconfig: z.string(),
    path: z.string().nullable(),
    sha256: hash,
  }),
  z.object({
    ...base,
    kind: z.literal('workload'),
    kubeconfig: z.string(),
    workload: z.object({
      kind: z.enum(['Deployment', 'DaemonSet', 'StatefulSet']),
      namespace: z.string(),
      name: z.string(),
    }),
    timeoutSeconds: z.number(),
  }),
  z.object({
    ...base,
    kind: z.literal('operator-secret'),
    kubeconfig: z.string(),
    namespace: z.string(),
    name: z.string(),
    keyPath: z.string(),
    certificatePath: z.string(),
    caPath: z.string(),
    handoffPath: z.string(),
  }),
  z.object({
    ...base,
    kind: z.literal('handoff'),
    nodeId: z.string(),
    configGeneration: z.int(),
    operator: z.object({ name: z.string(), version: z.string() }).nullable(),
    nodeName: z.string().exactOptional(),
  }),
]) satisfies z.ZodType<Change>;
