import type { ErrorCode } from '../../../../../bootstrap/error-table.ts';
import type { CheckId } from '../../../../../bootstrap/preflight/check-table.ts';

/**
 * Of each rule what it must find, as the programs really say it, and what looks like it and is something else. `at` is
 * the citation that is expected: path and line.
 */
export interface RuleSample {
  readonly found: readonly Found[];
  readonly passedOver?: Readonly<Record<string, string>>;
}

export type Found =
  | { readonly files: Readonly<Record<string, string>>; readonly at: string }
  | { readonly check: CheckId }
  | { readonly error: ErrorCode }
  | { readonly component: string };

const kubelet = 'journals/kubelet.log';
const kernel = 'kernel/kernel.log';
const etcd = 'pods/kube-system_etcd-edge_1/etcd/0.log';

function inFile(path: string, ...lines: readonly string[]): Found {
  return { files: { [path]: lines.join('\n') }, at: `${path}:${lines.length}` };
}

export const samples: Readonly<Record<string, RuleSample>> = {
  // Times and certificates
  'clock-wrong': { found: [{ check: 'time-skew' }, { error: 'E_CLOCK_WRONG' }] },
  'certificate-not-yet-valid': {
    found: [
      inFile(
        kubelet,
        'kubelet[1]: starting',
        'kubelet[1]: E0101 "Failed" err="tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2024-01-01T00:00:09Z is before 2026-11-01T00:00:00Z"',
      ),
    ],
    passedOver: {
      [kubelet]:
        'x509: certificate has expired or is not yet valid: current time 2026-11-22T08:00:00Z is after 2026-11-01T00:00:00Z',
    },
  },
  'certificate-expired': {
    found: [
      inFile(
        kubelet,
        'E1122 "Unable to authenticate the request" err="x509: certificate has expired or is not yet valid: current time 2026-11-22T08:00:00Z is after 2026-11-01T00:00:00Z"',
      ),
    ],
    passedOver: { [kubelet]: 'certificate has expired or is not yet valid: current time 2024 is before 2026' },
  },
  'credentials-expired': { found: [{ error: 'E_CREDENTIALS_EXPIRED' }, { error: 'E_BOOTSTRAP_REVOKED' }] },
  'time-not-synchronised': {
    found: [{ check: 'time-synchronized' }, inFile('clock/timedatectl.txt', 'Timezone=Etc/UTC', 'NTPSynchronized=no')],
    passedOver: { 'clock/timedatectl.txt': 'NTPSynchronized=yes' },
  },

  // The machine
  'disk-full': {
    found: [
      inFile('disks/df.txt', 'Filesystem Type Size Used Avail Use% Mounted on', '/dev/sda1 ext4 40G 40G 0 100% /'),
      inFile('disks/inodes.txt', '/dev/sda1 2621440 2621001 439 100% /'),
      inFile('journals/all.log', 'rsyslogd: write error: No space left on device'),
      { check: 'root-free' },
    ],
    passedOver: {
      'disks/df.txt': '/dev/loop3 squashfs 64M 64M 0 10% /snap/core20\n/dev/sda2 ext4 2G 1G 1G 50% /boot/100%',
    },
  },
  'disk-errors': {
    found: [
      inFile(kernel, 'kernel: blk_update_request: I/O error, dev sda, sector 1234 op 0x1'),
      inFile(kernel, 'kernel: EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls'),
    ],
    passedOver: { [kernel]: 'kernel: EXT4-fs (sda1): mounted filesystem with ordered data mode' },
  },
  'out-of-memory': {
    found: [
      inFile(kernel, 'kernel: Out of memory: Killed process 812 (kube-apiserver) total-vm:1100000kB'),
      inFile(kernel, 'kernel: oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd'),
    ],
    passedOver: { [kernel]: 'kernel: Memory: 3900000K/4000000K available' },
  },
  'processor-stalls': {
    found: [
      inFile(kernel, 'kernel: watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [etcd:1001]'),
      inFile(kernel, 'kernel: INFO: task jbd2/sda1-8:301 blocked for more than 120 seconds.'),
    ],
    passedOver: { [kernel]: 'kernel: rcu: Hierarchical RCU implementation.' },
  },
  'too-small': { found: [{ check: 'cpu-count' }, { check: 'memory' }] },
  'cloud-init-failed': {
    found: [
      inFile('cloud-init/status.txt', '', 'status: error'),
      inFile(
        'cloud-init/cloud-init.log',
        'x',
        '2026-11-22 08:00:10,000 - util.py[WARNING]: Failed running /var/lib/cloud/instance/scripts/part-001 [1]',
      ),
      inFile('journals/cloud-init.log', 'cloud-init[700]: Failed loading yaml blob. Invalid format at line 3'),
    ],
    passedOver: { 'cloud-init/status.txt': 'status: done\nboot_status_code: enabled-by-generator' },
  },
  'no-datasource': {
    found: [inFile('cloud-init/cloud-init.log', 'main.py[WARNING]: Used fallback datasource')],
    passedOver: { 'cloud-init/cloud-init.log': 'Loaded datasource DataSourceOVF' },
  },
  'unit-failed': {
    found: [
      inFile('units/failed.txt', 'UNIT LOAD ACTIVE SUB DESCRIPTION', '* kubelet.service loaded failed failed kubelet'),
      inFile('journals/errors.log', 'edge systemd[1]: kubelet.service: Start request repeated too quickly.'),
    ],
    passedOver: { 'units/failed.txt': '0 loaded units listed.' },
  },
  'unit-files-newer': {
    found: [inFile('units/properties.txt', 'Id=kubelet.service', 'NeedDaemonReload=yes')],
    passedOver: { 'units/properties.txt': 'NeedDaemonReload=no' },
  },
  'security-denied': {
    found: [
      inFile(kernel, 'audit: type=1400 apparmor="DENIED" operation="open" profile="cri-containerd.apparmor.d"'),
      { check: 'fapolicyd' },
    ],
    passedOver: { [kernel]: 'audit: type=1400 apparmor="STATUS" operation="profile_load"' },
  },
  'template-identity': { found: [{ check: 'machine-id' }, { error: 'E_CLONED' }] },

  // The network
  'default-route-missing': {
    found: [
      { check: 'default-route' },
      { files: { 'network/routes.txt': '10.0.0.0/24 dev ens192 scope link' }, at: 'network/routes.txt:1' },
    ],
    passedOver: { 'network/routes.txt': '10.0.0.0/24 dev ens192\ndefault via 10.0.0.1 dev ens192' },
  },
  'several-default-routes': { found: [{ check: 'multiple-default-routes' }] },
  'link-down': { found: [{ check: 'address' }] },
  'dns-fails': {
    found: [
      { check: 'dns-resolves' },
      inFile('journals/containerd.log', 'dial tcp: lookup registry.k8s.io on 10.0.0.2:53: no such host'),
      inFile(
        'cloud-init/cloud-init-output.log',
        "Temporary failure resolving 'archive.ubuntu.com'",
        'curl: (6) Temporary failure in name resolution',
      ),
    ],
    passedOver: { 'journals/containerd.log': 'no such host key' },
  },
  'controller-intercepted': { found: [{ check: 'controller-tls' }, { error: 'E_CONTROLLER_UNTRUSTED' }] },
  'registry-untrusted': {
    found: [inFile('journals/containerd.log', 'failed to do request: x509: certificate signed by unknown authority')],
    passedOver: { 'journals/containerd.log': 'x509: certificate is valid for a, not b' },
  },
  'controller-unreachable': { found: [{ check: 'controller-tcp' }, { error: 'E_CONTROLLER_UNREACHABLE' }] },
  'registry-unreachable': { found: [{ check: 'registry' }] },
  'foreign-firewall': { found: [{ check: 'ufw' }, { error: 'E_FIREWALL_OTHER' }] },
  'two-packet-filters': {
    found: [
      { check: 'packet-filters' },
      inFile(
        'network/iptables.txt',
        '*filter',
        '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them',
      ),
    ],
    passedOver: { 'network/iptables.txt': '# Generated by iptables-save v1.8.7 (nf_tables)' },
  },
  'firewall-cut-off': { found: [{ error: 'E_FIREWALL_CUT_OFF' }] },
  'network-rolled-back': { found: [{ error: 'E_NETWORK_ROLLED_BACK' }] },
  'addresses-overlap': { found: [{ check: 'cidr-overlap' }] },
  'address-taken': {
    found: [inFile(kernel, 'kernel: IPv6: ens192: IPv6 duplicate address fe80::1 used by 00:50:56:00:00:01 detected!')],
    passedOver: { [kernel]: 'kernel: IPv6: ADDRCONF(NETDEV_CHANGE): ens192: link becomes ready' },
  },
  'conntrack-full': {
    found: [inFile(kernel, 'kernel: nf_conntrack: nf_conntrack: table full, dropping packet')],
    passedOver: { [kernel]: 'kernel: nf_conntrack version 0.5.0 (65536 buckets, 262144 max)' },
  },

  // The container runtime
  'sandbox-image-missing': {
    found: [
      inFile(
        kubelet,
        'E1122 "RunPodSandbox from runtime service failed" err="failed to get sandbox image \\"registry.k8s.io/pause:3.10\\": failed to pull image"',
      ),
      { check: 'sandbox-image' },
    ],
    passedOver: { [kubelet]: 'failed to pull image "registry.k8s.io/coredns:1.11": not found' },
  },
  'containerd-config-invalid': {
    found: [
      inFile(
        'journals/containerd.log',
        'containerd: failed to load TOML: /etc/containerd/config.toml: (4, 3): unexpected token',
      ),
      inFile(kubelet, 'validate CRI v1 runtime API: rpc error: unknown service runtime.v1.RuntimeService'),
      inFile('runtime/containerd.toml', 'version = 2', 'disabled_plugins = ["cri"]'),
    ],
    passedOver: { 'runtime/containerd.toml': 'disabled_plugins = []' },
  },
  'containerd-down': {
    found: [
      { check: 'container-runtime' },
      inFile(kubelet, 'dial unix /run/containerd/containerd.sock: connect: no such file or directory'),
    ],
    passedOver: { [kubelet]: 'Connecting to /run/containerd/containerd.sock' },
  },
  'cgroup-driver-differs': {
    found: [
      { check: 'cgroup-driver' },
      inFile(
        kubelet,
        'failed to run Kubelet: misconfiguration: kubelet cgroup driver: "systemd" is different from docker cgroup driver: "cgroupfs"',
      ),
      inFile(
        'journals/containerd.log',
        'OCI runtime create failed: runc create failed: expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups',
      ),
    ],
    passedOver: { [kubelet]: 'Using cgroup driver setting received from the CRI runtime' },
  },
  'image-not-there': {
    found: [inFile(kubelet, 'pod_workers.go "Error syncing pod" err="failed to StartContainer with ImagePullBackOff"')],
    passedOver: { [kubelet]: 'Pulling image' },
  },
  'image-incomplete': {
    found: [
      inFile('journals/containerd.log', 'failed to unpack image: content digest sha256:0123abcd: not found'),
      inFile(kubelet, 'exec /usr/local/bin/etcd: exec format error'),
    ],
    passedOver: { 'journals/containerd.log': 'content digest verified' },
  },
  'cni-not-ready': {
    found: [
      inFile(
        kubelet,
        'Container runtime network not ready: NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
      ),
    ],
    passedOver: { [kubelet]: 'cni config loaded' },
  },
  'component-altered': { found: [{ component: 'kubelet' }] },

  // Kubernetes
  'api-server-down': {
    found: [
      inFile(
        kubelet,
        'Post "https://10.0.0.10:6443/api/v1/nodes": dial tcp 10.0.0.10:6443: connect: connection refused',
      ),
      inFile('api/readyz.txt', 'The connection to the server 10.0.0.10:6443 was refused: connection refused'),
    ],
    passedOver: { [kubelet]: 'dial tcp 10.0.0.10:10250: connect: connection refused' },
  },
  'etcd-slow-disk': {
    found: [
      inFile(etcd, '{"level":"warn","msg":"slow fdatasync","took":"1.2s","expected-duration":"1s"}'),
      inFile(etcd, '{"level":"warn","msg":"leader failed to send out heartbeat on time; took too long"}'),
      { check: 'fsync' },
    ],
    passedOver: { [etcd]: '{"level":"info","msg":"saved snapshot"}' },
  },
  'etcd-no-space': {
    found: [
      inFile(
        'pods/kube-system_kube-apiserver-edge_1/kube-apiserver/0.log',
        'rpc error: etcdserver: mvcc: database space exceeded',
      ),
    ],
    passedOver: { [etcd]: 'mvcc: finished scheduled compaction' },
  },
  'etcd-damaged': {
    found: [
      inFile(
        etcd,
        '{"level":"panic","msg":"failed to recover v3 backend from snapshot","error":"failed to find database snapshot file"}',
      ),
    ],
    passedOver: { [etcd]: 'snap: opened' },
  },
  'swap-on': {
    found: [
      { check: 'swap' },
      inFile(kubelet, 'failed to run Kubelet: running with swap on is not supported, please disable swap'),
    ],
    passedOver: { [kubelet]: 'swap is off' },
  },
  'pods-evicted': {
    found: [
      inFile(
        kubelet,
        'W1122 eviction_manager.go:368] "eviction manager: attempting to reclaim" resourceName="ephemeral-storage"',
      ),
    ],
    passedOver: { [kubelet]: 'eviction manager: synchronize housekeeping' },
  },
  'port-taken': {
    found: [
      { check: 'port-6443' },
      inFile(
        'pods/kube-system_kube-apiserver-edge_1/kube-apiserver/0.log',
        'failed to create listener: failed to listen on 0.0.0.0:6443: listen tcp 0.0.0.0:6443: bind: address already in use',
      ),
    ],
    passedOver: { 'pods/default_web-1/web/0.log': 'listen tcp 0.0.0.0:8080: bind: address already in use' },
  },
  'kubelet-cannot-register': {
    found: [inFile(kubelet, 'kubelet_node_status.go:71] "Error getting node" err="node \\"edge-0042\\" not found"')],
    passedOver: { [kubelet]: 'volume not found' },
  },
  leftovers: {
    found: [
      { check: 'etcd-data' },
      inFile(
        kubelet,
        'x509: certificate signed by unknown authority (possibly because of "crypto/rsa: verification error" while trying to verify candidate authority certificate "kubernetes")',
      ),
    ],
    passedOver: { [kubelet]: 'x509: certificate signed by unknown authority' },
  },

  // Enrolment
  denied: { found: [{ error: 'E_REGISTRATION_DENIED' }, { error: 'E_NODE_BANNED' }] },
  'name-taken': { found: [{ error: 'E_EDGE_NAME_CONFLICT' }] },
  'credentials-unusable': { found: [{ error: 'E_PASSPHRASE_WRONG' }] },
  'inputs-missing': { found: [{ error: 'E_INPUT_MISSING' }, { check: 'edge-name' }] },
  'configuration-wrong': { found: [{ error: 'E_CONFIG_INVALID' }, { check: 'config' }] },
  'versions-differ': { found: [{ error: 'E_IMAGE_TOO_OLD' }, { check: 'image-controller-compat' }] },
  'manifest-untrusted': { found: [{ check: 'manifest' }, { error: 'E_MANIFEST_ALTERED' }] },
  'operator-not-ready': { found: [{ error: 'E_OPERATOR_NOT_READY' }] },
  'stage-not-reverted': { found: [{ error: 'E_STAGE_NOT_REVERTED' }] },
  'a-bug': { found: [{ error: 'E_BUG' }] },
};
