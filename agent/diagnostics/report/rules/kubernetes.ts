import { badCheck, failedCheck, kubeletLog, line, lineAnd, podLog, type Rule } from './rule.ts';

const etcdLog = /^pods\/.*etcd/;
const loadLog = /^(pods\/.*(etcd|apiserver)|journals\/(all|errors|kubelet)\.log)/;

/** kubelet, etcd and the API server. */
export const kubernetesRules: readonly Rule[] = [
  {
    id: 'api-server-down',
    weight: 'sign',
    title: 'the API server of this node does not answer',
    why: 'Nothing in the cluster can be read or changed through it. What it cannot start without is usually named above.',
    who: 'technician',
    next: 'crictl ps -a --name kube-apiserver; look into pods/ of this bundle',
    needs: [
      [
        lineAnd(kubeletLog, /:6443/, 'connect: connection refused'),
        line(/^api\//, 'connection refused', 'connection reset'),
      ],
    ],
  },
  {
    id: 'etcd-slow-disk',
    weight: 'cause',
    title: 'the disk is too slow for etcd',
    why: 'etcd waits for every write to be on the disk. Above 10 ms it stumbles, above 100 ms it loses its leader.',
    who: 'technician',
    next: 'give the VM a faster or less busy disk; look with: conjurer preflight',
    needs: [
      [
        lineAnd(etcdLog, /fdatasync|fsync/, 'slow fdatasync', 'slow fsync'),
        line(etcdLog, 'leader failed to send out heartbeat on time'),
        failedCheck('fsync'),
      ],
    ],
    backing: [line(etcdLog, 'apply request took too long'), badCheck('fsync')],
    explains: ['api-server-down'],
  },
  {
    id: 'etcd-no-space',
    weight: 'cause',
    title: 'etcd has used up its quota and takes no more writes',
    why: 'It stays read-only until it is compacted and the alarm is cleared.',
    who: 'technician',
    next: 'etcdctl compact, etcdctl defrag, etcdctl alarm disarm (etcd documentation, Space quota)',
    needs: [[line(loadLog, 'mvcc: database space exceeded', 'etcdserver: no space')]],
    explains: ['api-server-down'],
  },
  {
    id: 'etcd-damaged',
    weight: 'cause',
    title: 'the data of etcd is damaged',
    why: 'The power went, or the disk lost writes that it had promised to keep.',
    who: 'technician',
    next: 'restore the last snapshot of etcd, or: conjurer reset, and enrol again',
    needs: [
      [
        line(etcdLog, 'crc mismatch', 'failed to recover v3 backend from snapshot', 'panic: freepages', 'walpb: crc'),
        line(etcdLog, 'file size too small', 'snap: no available snapshot'),
      ],
    ],
    explains: ['api-server-down'],
  },
  {
    id: 'swap-on',
    weight: 'cause',
    title: 'swap is on, with which kubelet does not start',
    why: 'kubelet refuses to share memory that may lie on a disk, unless it is told to.',
    who: 'technician',
    next: 'swapoff -a, take the swap line out of /etc/fstab, then: systemctl restart kubelet',
    needs: [[line(kubeletLog, 'running with swap on is not supported'), { kind: 'check', ids: ['swap'] }]],
    backing: [lineAnd(/^memory\/swaps\.txt$/, /^\/\S+\s+(file|partition)/, '/')],
    explains: ['api-server-down', 'kubelet-cannot-register', 'unit-failed'],
  },
  {
    id: 'pods-evicted',
    weight: 'sign',
    title: 'kubelet evicts pods because something runs short',
    why: 'It removes pods and images to get disk or memory back, preloaded ones too.',
    who: 'technician',
    next: 'df -h; df -i; free -m; make room, then: conjurer validate --repair',
    needs: [
      [
        line(
          kubeletLog,
          'eviction manager: attempting to reclaim',
          'eviction manager: must evict',
          'NodeHasDiskPressure',
        ),
        line(kubeletLog, 'The node was low on resource', 'NodeHasInsufficientMemory'),
      ],
    ],
  },
  {
    id: 'port-taken',
    weight: 'cause',
    title: 'a port that a node needs is taken by another program',
    why: 'The component that needs it cannot start.',
    who: 'technician',
    next: 'ss -tlnp; stop the program that holds the port, then: conjurer run',
    needs: [
      [
        failedCheck('port-6443', 'port-2379', 'port-2380', 'port-10250', 'port-10257', 'port-10259', 'port-53'),
        lineAnd(podLog, /:(6443|2379|2380|10250|10257|10259)/, 'bind: address already in use'),
      ],
    ],
    explains: ['api-server-down', 'unit-failed'],
  },
  {
    id: 'kubelet-cannot-register',
    weight: 'sign',
    title: 'kubelet does not find its node in the cluster',
    why: 'The API server does not answer, or the name of the machine is not the one that it joined with.',
    who: 'technician',
    next: 'hostname; look at the API server first',
    needs: [[lineAnd(kubeletLog, /nodes? \\*"[^"]*" not found/, 'not found')]],
  },
  {
    id: 'leftovers',
    weight: 'cause',
    title: 'this machine holds state of another cluster or of another agent',
    why: 'Certificates, etcd data or identities of before do not fit the cluster that is joined now.',
    who: 'technician',
    next: 'conjurer preflight names them; to begin anew: conjurer reset, or take a fresh image',
    needs: [
      [
        failedCheck('kubernetes-config', 'etcd-data', 'kubelet-state', 'other-agent'),
        lineAnd(kubeletLog, /verification error/, 'certificate signed by unknown authority'),
      ],
    ],
  },
];
