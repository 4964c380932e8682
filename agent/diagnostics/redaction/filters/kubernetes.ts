import { type Allow, omitted, onlyAllowed, sizeOf } from './allow.ts';
import { changedYaml } from './yaml-text.ts';

export function filterKubeletConfig(text: string): string {
  return changedYaml(text, document => onlyAllowed(document, kubeletConfig));
}

/** kubeadm's configuration: bootstrap tokens and the certificate key become sizes. */
export function filterKubeadmConfig(text: string): string {
  return changedYaml(text, document => onlyAllowed(document, kubeadmConfig));
}

/**
 * Objects of Kubernetes, one, a list, or several documents: of a Secret and a ConfigMap each value becomes its size, of
 * containers the environment is left out but for its names, and the copy of the object in its annotations goes.
 */
export function filterKubernetesObjects(text: string): string {
  return changedYaml(text, cleanObject);
}

const metadata: Allow = { name: true, namespace: true, labels: true, creationTimestamp: true, uid: true };
const kubeletConfig: Allow = {
  '*': true,
  staticPodURLHeader: {},
  tlsPrivateKeyFile: true,
};
const nodeRegistration: Allow = {
  name: true,
  criSocket: true,
  taints: true,
  imagePullPolicy: true,
  kubeletExtraArgs: true,
};
const kubeadmConfig: Allow = {
  '*': true,
  bootstrapTokens: { ttl: true, usages: true, groups: true, description: true },
  certificateKey: {},
  nodeRegistration,
  discovery: { file: true, bootstrapToken: { apiServerEndpoint: true, caCertHashes: true } },
};
function cleanObject(document: unknown): unknown {
  if (!isRecord(document)) return document;
  if (Array.isArray(document.items)) return { ...document, items: document.items.map(cleanObject) };
  const { kind } = document;
  if (kind === 'Secret')
    return {
      ...(onlyAllowed(document, { apiVersion: true, kind: true, type: true, metadata }) as object),
      ...sized(document),
    };
  if (kind === 'ConfigMap')
    return { ...(onlyAllowed(document, { apiVersion: true, kind: true, metadata }) as object), ...sized(document) };
  return mapped(document, (key, value) => {
    if (key === 'env' && Array.isArray(value))
      return value.map(item => onlyAllowed(item, { name: true, valueFrom: true }));
    if (key === 'kubectl.kubernetes.io/last-applied-configuration' || key === 'managedFields') return omitted(value);
    return value;
  });
}

function sized(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields = ['data', 'stringData', 'binaryData'].filter(field => isRecord(document[field]));
  return Object.fromEntries(
    fields.map(field => [
      field,
      Object.fromEntries(
        Object.entries(document[field] as object).map(([key, value]) => [key, `${sizeOf(value)} bytes`]),
      ),
    ]),
  );
}

/** A copy in which `change` has had its way with every value that has a key, from the top. */
function mapped(value: unknown, change: (key: string, value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(item => mapped(item, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapped(change(key, inner), change)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
