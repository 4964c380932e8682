import { paths } from '../../../config/paths.ts';
import { filterContainerdConfig } from '../../redaction/filters/host.ts';
import {
  filterKubeadmConfig,
  filterKubeletConfig,
  filterKubernetesObjects,
} from '../../redaction/filters/kubernetes.ts';
import {
  type Collector,
  command,
  commandAnywhere,
  document,
  documentsIn,
  logsIn,
  made,
  slowStartMs,
} from '../collector.ts';
import { certificatesText } from '../made/certificates.ts';
import { containersText } from '../made/containers.ts';
import { kubeconfigsText } from '../made/kubeconfigs.ts';
import { sandboxText } from '../made/sandbox-image.ts';
import { staticPodsText } from '../made/static-pods.ts';

const socket = '/run/containerd/containerd.sock';
const crictl = (...args: readonly string[]) =>
  command('crictl', `--runtime-endpoint=unix://${socket}`, '--timeout=5s', ...args);
const ctr = (...args: readonly string[]) => command('ctr', '--connect-timeout=2s', '--timeout=5s', ...args);

/** Containers of the system's own pods: their logs, what the runtime knows of them, and how it is set up. */
export const workloadCollectors: readonly Collector[] = [
  {
    id: 'pod-logs',
    group: 'pods',
    to: 'pods/logs',
    source: logsIn('/var/log/pods', /^kube-system_[^/]+\/[^/]+\/\d+\.log(\.[0-9-]+)?(\.gz)?$/),
    limitMs: 30_000,
    limitBytes: 1024 * 1024,
  },
  { id: 'containers', group: 'runtime', to: 'runtime/containers.txt', source: crictl('ps', '-a'), needs: socket },
  { id: 'pod-sandboxes', group: 'runtime', to: 'runtime/pods.txt', source: crictl('pods'), needs: socket },
  { id: 'images', group: 'runtime', to: 'runtime/images.txt', source: crictl('images', '--digests'), needs: socket },
  {
    id: 'container-details',
    group: 'runtime',
    to: 'runtime/inspect.json',
    source: made('crictl inspect, without environment and arguments', containersText),
    limitMs: 20_000,
  },
  {
    id: 'image-store',
    group: 'runtime',
    to: 'runtime/image-store.txt',
    source: ctr('-n', 'k8s.io', 'images', 'ls'),
    needs: socket,
  },
  {
    id: 'snapshots',
    group: 'runtime',
    to: 'runtime/snapshots.txt',
    source: ctr('-n', 'k8s.io', 'snapshots', 'ls'),
    needs: socket,
  },
  {
    id: 'runtime-versions',
    group: 'runtime',
    to: 'runtime/version.txt',
    source: ctr('version'),
    needs: socket,
  },
  {
    id: 'plugins',
    group: 'runtime',
    to: 'runtime/plugins.txt',
    source: ctr('plugins', 'ls'),
    needs: socket,
  },
  {
    id: 'containerd-config',
    group: 'runtime',
    to: 'runtime/containerd.toml',
    source: document('/etc/containerd/config.toml'),
    filter: filterContainerdConfig,
  },
  {
    id: 'containerd-parts',
    group: 'runtime',
    to: 'runtime/conf.d',
    source: documentsIn('/etc/containerd/conf.d', /\.toml$/),
    filter: filterContainerdConfig,
  },
  {
    id: 'sandbox-image',
    group: 'runtime',
    to: 'runtime/sandbox-image.txt',
    source: made('/etc/containerd, /var/lib/kubelet, the image store', sandboxText),
  },
  {
    id: 'kubelet-config',
    group: 'kubernetes',
    to: 'kubernetes/kubelet.yaml',
    source: document('/var/lib/kubelet/config.yaml'),
    filter: filterKubeletConfig,
  },
  {
    id: 'kubelet-flags',
    group: 'kubernetes',
    to: 'kubernetes/kubeadm-flags.env',
    source: document('/var/lib/kubelet/kubeadm-flags.env'),
  },
  {
    id: 'kubelet-defaults',
    group: 'kubernetes',
    to: 'kubernetes/kubelet-defaults',
    source: document('/etc/default/kubelet'),
  },
  {
    id: 'static-pods',
    group: 'kubernetes',
    to: 'kubernetes/manifests',
    source: documentsIn('/etc/kubernetes/manifests', /^[^/]+\.ya?ml$/),
    filter: filterKubernetesObjects,
  },
  {
    id: 'static-pod-differences',
    group: 'kubernetes',
    to: 'kubernetes/manifests-against-image.txt',
    source: made('/etc/kubernetes/manifests against the image', staticPodsText),
  },
  {
    id: 'kubeconfigs',
    group: 'kubernetes',
    to: 'kubernetes/kubeconfigs.json',
    source: made('/etc/kubernetes/*.conf: server, authority, dates', kubeconfigsText),
  },
  {
    id: 'kubeadm-files',
    group: 'kubernetes',
    to: 'kubernetes/kubeadm',
    source: documentsIn('/etc/kubernetes', /^kubeadm[^/]*\.ya?ml$/),
    filter: filterKubeadmConfig,
  },
  {
    id: 'kubelet-health',
    group: 'kubernetes',
    to: 'kubernetes/kubelet-health.txt',
    source: command('curl', '--silent', '--show-error', '--max-time', '2', 'http://127.0.0.1:10248/healthz'),
    needs: '/var/lib/kubelet/config.yaml',
    limitMs: 4_000,
  },
  {
    id: 'certificates',
    group: 'certificates',
    to: 'certificates/certificates.txt',
    source: made(
      `/etc/kubernetes, /var/lib/kubelet/pki, ${paths.stateDir}: subject, dates, fingerprint`,
      certificatesText,
    ),
  },
  {
    id: 'kubelet-version',
    group: 'kubernetes',
    to: 'kubernetes/version.txt',
    source: command('kubelet', '--version'),
    limitMs: slowStartMs,
  },
  {
    id: 'kubeadm-version',
    group: 'kubernetes',
    to: 'kubernetes/kubeadm-version.txt',
    source: commandAnywhere(['kubeadm', 'version', '-o', 'short'], root => [
      `${root}/usr/bin/kubeadm`,
      'version',
      '-o',
      'short',
    ]),
    limitMs: slowStartMs,
  },
];
