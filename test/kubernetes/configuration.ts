import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { workloadManifests } from '../../image/kubernetes/addons/workloads.ts';
import type { ConfigInput } from '../controller/configuration.ts';
import type { Joined } from './join.ts';

export const addonNames = ['monitoring', 'logging', 'ingress'] as const;
/** Emulated, a program takes minutes to its first word. */
const timeoutSeconds = 900;

const cluster = {
  distribution: 'kubeadm',
  kubernetesVersion: '1.20.2',
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/12',
};

/** What the Controller's admin sets for a cluster of one machine: all that it names is in the image. */
export const oneMachine: ConfigInput = {
  cluster: { ...cluster, role: 'control-plane' },
  handoff: {
    driver: 'kubeadm',
    operator: {
      name: 'k8s-mgmt-operator',
      version: '1.4.0',
      namespace: 'k8s-mgmt',
      manifests: manifestsOf('k8s-mgmt-operator'),
      readiness: { kind: 'Deployment', name: 'k8s-mgmt-operator', timeoutSeconds },
    },
  },
  addons: [
    { name: 'monitoring', readiness: { kind: 'DaemonSet', name: 'node-exporter', timeoutSeconds } },
    { name: 'logging', readiness: { kind: 'DaemonSet', name: 'log-forwarder', timeoutSeconds } },
    { name: 'ingress', readiness: { kind: 'DaemonSet', name: 'ingress', timeoutSeconds } },
  ].map(addon => ({ ...addon, manifests: manifestsOf(addon.name) })),
  reporting: { heartbeatSeconds: 5 },
};

/** The same for a machine that joins that cluster. */
export function worker(join: Joined): ConfigInput {
  return {
    ...oneMachine,
    cluster: { ...cluster, role: 'worker', join: { ...join, caCertHashes: [...join.caCertHashes] } },
  };
}

function manifestsOf(name: string): { path: string; sha256: string }[] {
  return workloadManifests
    .filter(manifest => manifest.name === name)
    .map(({ path, source }) => {
      return { path, sha256: createHash('sha256').update(readFileSync(source)).digest('hex') };
    });
}
