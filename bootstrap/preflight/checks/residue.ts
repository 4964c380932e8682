import { otherDistributions } from '../../cluster/places.ts';
import { existing } from '../../host/existing.ts';
import type { Files } from '../../host/host.ts';
import { type Check, type CheckContext, type Finding, pass, skip } from '../check.ts';

const OURS = 'this machine has joined its cluster, so they are its own';

/** What another cluster, node or agent left here. On a machine that has joined, the same files are its own. */
export const residueChecks: readonly Check[] = [
  {
    id: 'kubernetes-config',
    run: unlessOurs(async ({ disk, manifest }) => {
      const manifests = await below(disk, '/etc/kubernetes/manifests');
      const image = new Set((await manifest())?.components.flatMap(one => ('path' in one ? [one.path] : [])));
      const found = [...(await existing(disk, kubeconfigs)), ...manifests.filter(path => /\.ya?ml$/.test(path))];
      return left(
        found.filter(path => !image.has(path)),
        'kubeadm reset, or move /etc/kubernetes away',
      );
    }),
  },
  {
    id: 'etcd-data',
    run: unlessOurs(async ({ disk }) =>
      left(await existing(disk, ['/var/lib/etcd/member']), 'kubeadm reset, or move /var/lib/etcd away'),
    ),
  },
  {
    id: 'kubelet-state',
    run: unlessOurs(async ({ disk }) => {
      const pods = await below(disk, '/var/lib/kubelet/pods');
      const found = [...(await existing(disk, kubeletFiles)), ...pods.slice(0, 3)];
      return left(found, 'systemctl stop kubelet; kubeadm reset, or move /var/lib/kubelet away');
    }),
  },
  {
    id: 'other-agent',
    run: unlessOurs(async ({ disk }) =>
      left(await existing(disk, agents), 'uninstall the other agent, or deploy the VM from the image again'),
    ),
  },
  {
    id: 'other-runtime',
    async run({ disk, running }) {
      const found = [...(await existing(disk, enabledRuntimes)), ...(await existing(running ?? disk, sockets))];
      return left(found, 'systemctl disable --now docker.service docker.socket (or crio, podman)');
    },
  },
];

const kubeconfigs = [
  '/etc/kubernetes/admin.conf',
  '/etc/kubernetes/super-admin.conf',
  '/etc/kubernetes/bootstrap-kubelet.conf',
  '/etc/kubernetes/controller-manager.conf',
  '/etc/kubernetes/kubelet.conf',
  '/etc/kubernetes/scheduler.conf',
  '/etc/kubernetes/pki/ca.key',
];

const kubeletFiles = [
  '/var/lib/kubelet/pki/kubelet-client-current.pem',
  '/var/lib/kubelet/cpu_manager_state',
  '/var/lib/kubelet/memory_manager_state',
];

const agents = ['/etc/k8s-mgmt-operator/operator.key', '/etc/rancher/agent', ...otherDistributions];

const enabledRuntimes = [
  '/etc/systemd/system/multi-user.target.wants/crio.service',
  '/etc/systemd/system/multi-user.target.wants/docker.service',
];

const sockets = ['/run/docker.sock', '/run/crio/crio.sock', '/run/podman/podman.sock'];

function unlessOurs(look: (context: CheckContext) => Promise<Finding>): Check['run'] {
  return async context => ((await context.settings.isEnrolled()) ? skip(OURS) : look(context));
}

function left(found: readonly string[], fix: string): Finding {
  return found.length === 0 ? pass('nothing') : { status: 'fail', observed: found.join(', '), fix };
}

async function below(files: Files, directory: string): Promise<string[]> {
  return ((await files.list(directory)) ?? []).map(name => `${directory}/${name}`);
}
