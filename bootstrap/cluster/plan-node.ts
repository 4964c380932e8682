import type { Change } from '../change.ts';
import type { Manifest } from '../components/manifest.ts';
import { openManifest } from '../components/open-manifest.ts';
import { criNamespace, ctrOf } from '../components/runtime/ctr.ts';
import { parseDocuments } from '../components/runtime-config.ts';
import { AgentError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { Host } from '../host/host.ts';
import { findRuntime, type Runtime } from '../preflight/cri.ts';
import { apiVersionOf } from './api-version.ts';
import { findKubeadm, imagesOf } from './kubeadm.ts';
import { type ImageDocument, isImageDocument, kubeadmConfig } from './kubeadm-config.ts';
import { ownAddress } from './own-address.ts';
import { findProgram } from './places.ts';
import type { ClusterSettings } from './settings.ts';

interface Input {
  readonly parts: { readonly builtInKeys: readonly string[]; readonly uid: number };
  readonly settings: ClusterSettings;
  readonly facts: Facts;
  readonly nodeName: string;
}

/**
 * How kubeadm makes or joins the cluster with what the image holds: by its own version, the container runtime that is
 * there, and the images that are preloaded. Throws E_CLUSTER_UNSUPPORTED where it cannot.
 */
export async function planNode(host: Host, input: Input, signal: AbortSignal): Promise<Change> {
  const { parts, settings, facts, nodeName } = input;
  const { role, kubernetesVersion, podSubnet, serviceSubnet, controlPlaneEndpoint, join } = settings;
  if (role === 'worker' && join === null)
    throw unsupported('a worker needs a cluster to join', 'no cluster.join', 'cluster.join');
  if (role === 'control-plane' && join !== null) {
    throw unsupported(
      'a further control plane cannot be joined',
      'role control-plane with cluster.join',
      'role worker',
    );
  }
  const kubeadm = await findKubeadm(host, signal);
  const apiVersion = apiVersionOf(kubeadm.version);
  if (apiVersion === null || kubeadm.versionText !== kubernetesVersion) {
    throw unsupported(`the image has Kubernetes ${kubeadm.versionText}`, kubeadm.versionText, kubernetesVersion);
  }
  const opened = await openManifest({ files: host.files, ...parts }, null);
  const manifest = opened?.manifest ?? null;
  const runtime = await findRuntime(host, host.files, manifest);
  if (runtime === null) throw unsupported('this machine has no containerd', 'no containerd.service', 'containerd');
  const { socket } = runtime;
  const imageRepository = repositoryOf(manifest, kubernetesVersion);
  const hasNameServer = await requirePreloaded(
    { host, socket, role, needed: await imagesOf(kubeadm, host, kubernetesVersion, imageRepository, signal) },
    signal,
  );
  const config = kubeadmConfig({
    settings,
    apiVersion,
    kubeadm: kubeadm.version,
    nodeName,
    address: ownAddress(facts, controlPlaneEndpoint),
    socket,
    cgroupDriver: driverOf(runtime),
    imageRepository,
    ofImage: await documentsOf(host, manifest),
  });
  const skipPhases = [
    // kubeadm's own checks need crictl; conjurer has made its own before.
    ...((await findProgram(host, 'crictl')) === null ? ['preflight'] : []),
    ...(join === null && !hasNameServer ? ['addon/coredns'] : []),
  ];
  const endpoint = join?.endpoint ?? controlPlaneEndpoint;
  const node = { role, kubernetesVersion, nodeName, podSubnet, serviceSubnet, endpoint, skipPhases, config };
  return { kind: 'cluster-node', id: 'cluster-node', socket, node };
}

function driverOf({ config, configPath }: Runtime): 'systemd' | 'cgroupfs' {
  if (typeof config === 'string')
    throw unsupported(`${configPath} cannot be read`, config, "containerd's configuration");
  return config?.systemdCgroup === true ? 'systemd' : 'cgroupfs';
}

/** Where the manifest's image of the API server is from; null: it names none, and kubeadm goes by its own default. */
function repositoryOf(manifest: Manifest | null, version: string): string | null {
  const refs = (manifest?.components ?? []).flatMap(one => (one.kind === 'containerd-image' ? [one.ref] : []));
  const suffix = `/kube-apiserver:v${version}`;
  return refs.find(ref => ref.endsWith(suffix))?.slice(0, -suffix.length) ?? null;
}

/** Documents for kubelet and kube-proxy in the files that the manifest declares as kubeadm's. */
async function documentsOf({ files }: Host, manifest: Manifest | null): Promise<ImageDocument[]> {
  const paths = (manifest?.components ?? []).flatMap(one =>
    one.kind === 'config' && one.role === 'kubeadm' ? [one.path] : [],
  );
  const documents: ImageDocument[] = [];
  for (const path of paths) {
    const parsed = parseDocuments('yaml', (await files.readText(path)) ?? '');
    if (typeof parsed === 'string') throw unsupported(`${path} cannot be read`, parsed, 'YAML documents');
    documents.push(...parsed.filter(isImageDocument));
  }
  return documents;
}

/** Gives whether the name server of the cluster is preloaded, too. The sandbox image is containerd's own affair. */
async function requirePreloaded(
  {
    host,
    socket,
    role,
    needed,
  }: { host: Host; socket: string; role: ClusterSettings['role']; needed: readonly string[] },
  signal: AbortSignal,
): Promise<boolean> {
  const images = await ctrOf(host, socket).images(criNamespace);
  signal.throwIfAborted();
  if (typeof images === 'string') throw unsupported('containerd does not say which images it has', images, socket);
  const there = new Set(images.map(({ ref }) => ref));
  const nameOf = (ref: string) => ref.slice(ref.lastIndexOf('/') + 1).replace(/:.*$/, '');
  const missing = needed.filter(ref => {
    const name = nameOf(ref);
    return (
      !there.has(ref) && name !== 'pause' && name !== 'coredns' && (role === 'control-plane' || name === 'kube-proxy')
    );
  });
  if (missing.length > 0) {
    throw unsupported('images of Kubernetes are not preloaded', `without ${missing.join(', ')}`, needed.join(', '));
  }
  return needed.some(ref => nameOf(ref) === 'coredns' && there.has(ref));
}

function unsupported(message: string, seen: string, wanted: string): AgentError {
  return new AgentError('E_CLUSTER_UNSUPPORTED', message, { seen, wanted });
}
