import { stringify } from 'yaml';
import type { ApiVersion, Version } from './api-version.ts';
import { type ClusterSettings, defaultPodSubnet, defaultServiceSubnet } from './settings.ts';

/** Stands in the configuration where a join's token belongs, until kubeadm is called. */
export const tokenPlaceholder = '{{token}}';

export interface KubeadmInput {
  readonly settings: ClusterSettings;
  readonly apiVersion: ApiVersion;
  readonly kubeadm: Version;
  readonly nodeName: string;
  /** This machine's own, as in "10.0.0.10". */
  readonly address: string;
  /** Where containerd listens: a path. */
  readonly socket: string;
  readonly cgroupDriver: 'systemd' | 'cgroupfs';
  /** "k8s.gcr.io", where the preloaded images of the control plane are named so; null: kubeadm's own. */
  readonly imageRepository: string | null;
  /** Documents that the image brings for kubelet and kube-proxy. What conjurer sets goes over them. */
  readonly ofImage: readonly ImageDocument[];
}

export type ImageDocument = Readonly<Record<string, unknown>> & { readonly kind: string };

export function isImageDocument(document: unknown): document is ImageDocument {
  return typeof document === 'object' && document !== null && 'kind' in document && typeof document.kind === 'string';
}

/** Long enough for a machine that is emulated. */
const startMinutes = 15;
/** Nobody is told of the token that kubeadm makes of itself, so that it is of no use. */
const unusedTokenTtl = '1m0s';

/** What kubeadm is given, as YAML. A token is not in it. */
export function kubeadmConfig(input: KubeadmInput): string {
  const documents = input.settings.join === null ? initDocuments(input) : [joinDocument(input, input.settings.join)];
  return documents.map(document => stringify(document, { lineWidth: 0 })).join('---\n');
}

function initDocuments(input: KubeadmInput): object[] {
  const { settings, address, apiVersion, imageRepository } = input;
  const isOwnTimeouts = apiVersion === 'v1beta4';
  return [
    {
      apiVersion: `kubeadm.k8s.io/${apiVersion}`,
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: address, bindPort: 6443 },
      nodeRegistration: nodeRegistration(input),
      bootstrapTokens: [
        {
          ttl: unusedTokenTtl,
          usages: ['signing', 'authentication'],
          groups: ['system:bootstrappers:kubeadm:default-node-token'],
        },
      ],
      ...(isOwnTimeouts ? { timeouts: { controlPlaneComponentHealthCheck: `${startMinutes}m0s` } } : {}),
    },
    {
      apiVersion: `kubeadm.k8s.io/${apiVersion}`,
      kind: 'ClusterConfiguration',
      kubernetesVersion: `v${settings.kubernetesVersion}`,
      ...(settings.controlPlaneEndpoint === null ? {} : { controlPlaneEndpoint: settings.controlPlaneEndpoint }),
      ...(imageRepository === null ? {} : { imageRepository }),
      networking: {
        podSubnet: settings.podSubnet ?? defaultPodSubnet,
        serviceSubnet: settings.serviceSubnet ?? defaultServiceSubnet,
      },
      ...(isOwnTimeouts ? {} : { apiServer: { timeoutForControlPlane: `${startMinutes}m0s` } }),
    },
    {
      ...documentOf(input, 'KubeletConfiguration'),
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupDriver: input.cgroupDriver,
      // An image that is removed to make room could not be fetched again.
      imageGCHighThresholdPercent: 100,
    },
    {
      ...documentOf(input, 'KubeProxyConfiguration'),
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
    },
  ];
}

function joinDocument(input: KubeadmInput, { endpoint, caCertHashes }: NonNullable<ClusterSettings['join']>): object {
  const isOwnTimeouts = input.apiVersion === 'v1beta4';
  return {
    apiVersion: `kubeadm.k8s.io/${input.apiVersion}`,
    kind: 'JoinConfiguration',
    discovery: {
      bootstrapToken: { apiServerEndpoint: endpoint, token: tokenPlaceholder, caCertHashes: [...caCertHashes] },
      tlsBootstrapToken: tokenPlaceholder,
      ...(isOwnTimeouts ? {} : { timeout: `${startMinutes}m0s` }),
    },
    nodeRegistration: nodeRegistration(input),
    ...(isOwnTimeouts ? { timeouts: { discovery: `${startMinutes}m0s`, tlsBootstrap: `${startMinutes}m0s` } } : {}),
  };
}

/** No taint: a single node carries operator and addons itself. */
function nodeRegistration({ nodeName, socket, kubeadm, address, apiVersion }: KubeadmInput): object {
  const criSocket = kubeadm.minor >= 24 ? `unix://${socket}` : socket;
  const kubeletExtraArgs = apiVersion === 'v1beta4' ? [{ name: 'node-ip', value: address }] : { 'node-ip': address };
  return { name: nodeName, criSocket, taints: [], kubeletExtraArgs };
}

function documentOf({ ofImage }: KubeadmInput, kind: string): object {
  return ofImage.find(document => document.kind === kind) ?? {};
}
