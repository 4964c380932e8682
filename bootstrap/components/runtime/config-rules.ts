import * as z from 'zod';
import { type Finding, finding } from '../finding.ts';
import type { ConfigComponent, Kubernetes } from '../manifest.ts';
import type { ContainerdConfig } from './containerd-config.ts';

const Kubelet = z.object({
  kind: z.literal('KubeletConfiguration'),
  cgroupDriver: z.string().optional(),
  containerRuntimeEndpoint: z.string().optional(),
});
const Cluster = z.object({ kind: z.literal('ClusterConfiguration'), kubernetesVersion: z.string().optional() });
const Crictl = z.object({ 'runtime-endpoint': z.string().optional(), 'image-endpoint': z.string().optional() });

/** What must hold of containerd's configuration for kubelet to run with the images that the image holds. */
export function containerdRules(
  component: ConfigComponent,
  { cgroupDriver, sandboxImage, criSocket }: Kubernetes,
  config: ContainerdConfig,
): Finding[] {
  const edit = `correct ${component.path}, then: systemctl restart containerd`;
  const found: Finding[] = [];
  if (config.version < 2) {
    found.push(
      finding(component, 'altered', 'config-version-unsupported', {
        observed: `version ${config.version}`,
        expected: 'version 2 or 3',
        fix: `containerd config migrate > ${component.path}.new; compare it, put it in place, then: systemctl restart containerd`,
      }),
    );
  }
  if (config.criDisabledBy.length > 0) {
    found.push(
      finding(component, 'altered', 'cri-plugin-disabled', {
        observed: `disabled_plugins holds ${config.criDisabledBy.join(', ')}`,
        expected: 'the CRI plugin is enabled',
        fix: edit,
      }),
    );
  }
  if (config.systemdCgroup !== (cgroupDriver === 'systemd')) {
    found.push(
      finding(component, 'altered', 'cgroup-driver-differs', {
        observed: `SystemdCgroup = ${config.systemdCgroup} (runtime ${config.runtime})`,
        expected: `SystemdCgroup = ${cgroupDriver === 'systemd'}, since kubelet's cgroup driver is ${cgroupDriver}`,
        fix: edit,
      }),
    );
  }
  if (config.sandboxImage !== sandboxImage) {
    found.push(
      finding(component, 'altered', 'sandbox-image-differs', {
        observed: config.sandboxImage ?? "none set, so containerd's own default",
        expected: `${sandboxImage}, which is preloaded`,
        fix: edit,
      }),
    );
  }
  if (config.address !== criSocket) {
    found.push(
      finding(component, 'altered', 'cri-socket-differs', { observed: config.address, expected: criSocket, fix: edit }),
    );
  }
  return found;
}

/**
 * The same for the documents of a kubelet, kubeadm or crictl configuration. A KubeletConfiguration that names no cgroup
 * driver gets systemd from kubeadm, and cgroupfs from kubelet itself.
 */
export function yamlRules(
  component: ConfigComponent,
  kubernetes: Kubernetes,
  documents: readonly unknown[],
): Finding[] {
  if (component.role === 'crictl') return documents.flatMap(one => crictlRules(component, kubernetes, one));
  return documents.flatMap(one => [
    ...kubeletRules(component, kubernetes, one),
    ...clusterRules(component, kubernetes, one),
  ]);
}

function kubeletRules(component: ConfigComponent, kubernetes: Kubernetes, document: unknown): Finding[] {
  const { data } = Kubelet.safeParse(document);
  if (data === undefined) return [];
  const { cgroupDriver = component.role === 'kubeadm' ? 'systemd' : 'cgroupfs', containerRuntimeEndpoint } = data;
  const fix = `correct ${component.path}, then: systemctl restart kubelet`;
  const found: Finding[] = [];
  if (cgroupDriver !== kubernetes.cgroupDriver) {
    const byDefault = data.cgroupDriver === undefined ? ', by default since none is set' : '';
    found.push(
      finding(component, 'altered', 'cgroup-driver-differs', {
        observed: `cgroupDriver: ${cgroupDriver}${byDefault}`,
        expected: `cgroupDriver: ${kubernetes.cgroupDriver}`,
        fix,
      }),
    );
  }
  return [...found, ...endpointRule(component, kubernetes, 'containerRuntimeEndpoint', containerRuntimeEndpoint, fix)];
}

function clusterRules(component: ConfigComponent, { version }: Kubernetes, document: unknown): Finding[] {
  const wanted = Cluster.safeParse(document).data?.kubernetesVersion;
  if (wanted === undefined || wanted.replace(/^v/, '') === version) return [];
  return [
    finding(component, 'altered', 'kubernetes-version-differs', {
      observed: `kubernetesVersion: ${wanted}`,
      expected: `v${version}, whose images are preloaded`,
      fix: `set kubernetesVersion: v${version} in ${component.path}`,
    }),
  ];
}

function crictlRules(component: ConfigComponent, kubernetes: Kubernetes, document: unknown): Finding[] {
  const { data } = Crictl.safeParse(document);
  const fix = `correct ${component.path}`;
  return (['runtime-endpoint', 'image-endpoint'] as const).flatMap(key =>
    endpointRule(component, kubernetes, key, data?.[key] || undefined, fix),
  );
}

function endpointRule(
  component: ConfigComponent,
  { criSocket }: Kubernetes,
  key: string,
  endpoint: string | undefined,
  fix: string,
): Finding[] {
  if (endpoint === undefined || endpoint.replace(/^unix:\/\//, '') === criSocket) return [];
  const told = { observed: `${key}: ${endpoint}`, expected: `${key}: unix://${criSocket}`, fix };
  return [finding(component, 'altered', 'cri-socket-differs', told)];
}
