import type { Change } from '../../../bootstrap/change.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import { paths } from '../../config/paths.ts';
import type { EnrolmentParts } from '../enrolment.ts';
import { lookAtWorkloads, type Workloads } from '../workloads/workloads.ts';
import type { Evidence, HandoffDriver, HandoffTask } from './driver.ts';
import { type OperatorPlaces, planOperatorIdentity } from './operator-identity.ts';

const SECRET = 'k8s-mgmt-operator-identity';
const DEFAULT_NAMESPACE = 'k8s-mgmt';

/** Where the operator's container mounts the Secret. */
const inContainer: OperatorPlaces = {
  key: '/etc/k8s-mgmt-operator/tls.key',
  certificate: '/etc/k8s-mgmt-operator/tls.crt',
  ca: '/etc/k8s-mgmt-operator/ca.crt',
};

/**
 * The operator is a workload of the cluster: its identity goes there as a Secret, then its manifests and those of the
 * addons, each waited for until it runs. From the hand-off on the operator looks after all of them, and only its identity
 * stays conjurer's. On a worker the cluster has them already.
 */
export const kubeadmDriver: HandoffDriver = {
  async plan(enrolment, task) {
    const { cluster, document, nodeId, section } = task;
    if (cluster.distribution === null) throw withoutCluster();
    if (cluster.role === 'worker') return [];
    const { kubeconfig } = cluster;
    const all = await readAll(enrolment, task);
    const addons = all.slice(1).map(({ name, awaited }) => ({ name, workloads: awaited }));
    const identity = { nodeId, document, section, places: inContainer, more: { addons } };
    const stored = await enrolment.state.handoff.read();
    const isInCharge = stored?.nodeId === nodeId && stored.generation === document.generation;
    return [
      ...(await planOperatorIdentity(enrolment, identity)),
      {
        kind: 'operator-secret',
        id: 'operator-secret',
        kubeconfig,
        namespace: section.operator.namespace ?? DEFAULT_NAMESPACE,
        name: SECRET,
        keyPath: paths.operatorKey,
        certificatePath: paths.operatorCertificate,
        caPath: paths.operatorCa,
        handoffPath: paths.operatorHandoff,
      },
      ...(isInCharge ? [] : planWorkloads(all, kubeconfig)),
    ];
  },

  async evidence(enrolment, task) {
    if (task.document.cluster?.role === 'worker') return [];
    return (await readAll(enrolment, task)).flatMap(({ name, manifests, awaited }): Evidence[] => [
      ...manifests.map(({ path, sha256 }, index): Evidence => {
        return { kind: 'manifest', name: path ?? `${name}: manifest ${index + 1}`, sha256, ok: true };
      }),
      ...awaited.map((one): Evidence => {
        return { kind: 'workload', name: `${one.kind} ${one.namespace}/${one.name}`, ok: true };
      }),
    ]);
  },

  lookAt: ({ operator }) =>
    `kubectl --kubeconfig /etc/kubernetes/admin.conf -n ${operator.namespace ?? DEFAULT_NAMESPACE} get pods`,
};

/** The operator first. */
async function readAll(
  enrolment: EnrolmentParts,
  { document, section }: Pick<HandoffTask, 'document' | 'section'>,
): Promise<[Workloads, ...Workloads[]]> {
  const looking = { files: enrolment.host.files, image: await enrolment.imageManifest() };
  const addons = document.addons ?? [];
  const names = [section.operator.name, ...addons.map(({ name }) => name)];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new AgentError('E_WORKLOAD_REFUSED', 'two workloads of the configuration have one name', { seen: twice });
  }
  const operator = await lookAtWorkloads(section.operator, looking);
  return [operator, ...(await Promise.all(addons.map(addon => lookAtWorkloads(addon, looking))))];
}

/** The operator runs before the addons are begun; they start together. */
function planWorkloads([operator, ...addons]: readonly [Workloads, ...Workloads[]], kubeconfig: string): Change[] {
  const applied = ({ name, manifests }: Workloads) =>
    manifests.map(({ path, sha256 }, index): Change => {
      return { kind: 'manifest', id: `manifest-${name}-${index + 1}`, kubeconfig, path, sha256 };
    });
  const awaited = ({ awaited, timeoutSeconds }: Workloads) =>
    awaited.map((workload): Change => {
      const id = `${workload.kind.toLowerCase()}-${workload.namespace}-${workload.name}`;
      return { kind: 'workload', id, kubeconfig, workload, timeoutSeconds };
    });
  return [...applied(operator), ...awaited(operator), ...addons.flatMap(applied), ...addons.flatMap(awaited)];
}

function withoutCluster(): AgentError {
  return new AgentError('E_WORKLOAD_REFUSED', 'the hand-off is to a workload of a cluster, and there is no cluster', {
    seen: 'handoff.driver: kubeadm, and no section cluster',
    wanted: 'a section cluster, or handoff.driver: systemd',
  });
}
