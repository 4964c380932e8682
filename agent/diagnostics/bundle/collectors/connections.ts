import { filterNetplan } from '../../redaction/filters/host.ts';
import { filterKubeadmConfig } from '../../redaction/filters/kubernetes.ts';
import { type Collector, command, document, documentsIn, log, made, slowStartMs } from '../collector.ts';
import { proxyText } from '../made/proxy.ts';

const etcd = '/etc/kubernetes/pki/etcd';

/** The network as the kernel has it, and what is behind it: pod network, API server, etcd. */
export const connectionCollectors: readonly Collector[] = [
  { id: 'addresses', group: 'network', to: 'network/addresses.txt', source: command('ip', '-details', 'address') },
  { id: 'links', group: 'network', to: 'network/links.txt', source: command('ip', '-statistics', 'link') },
  { id: 'routes', group: 'network', to: 'network/routes.txt', source: command('ip', 'route', 'show', 'table', 'all') },
  {
    id: 'routes-v6',
    group: 'network',
    to: 'network/routes-v6.txt',
    source: command('ip', '-6', 'route', 'show', 'table', 'all'),
  },
  { id: 'rules', group: 'network', to: 'network/rules.txt', source: command('ip', 'rule') },
  { id: 'neighbours', group: 'network', to: 'network/neighbours.txt', source: command('ip', 'neighbour') },
  { id: 'sockets', group: 'network', to: 'network/sockets.txt', source: command('ss', '-tunlp') },
  {
    id: 'connections',
    group: 'network',
    to: 'network/connections.txt',
    source: command('ss', '-tunp', 'state', 'connected'),
  },
  { id: 'socket-summary', group: 'network', to: 'network/socket-summary.txt', source: command('ss', '-s') },
  { id: 'iptables', group: 'network', to: 'network/iptables.txt', source: command('iptables-save', '-c') },
  { id: 'ip6tables', group: 'network', to: 'network/ip6tables.txt', source: command('ip6tables-save', '-c') },
  { id: 'nft', group: 'network', to: 'network/nft.txt', source: command('nft', 'list', 'ruleset') },
  {
    id: 'conntrack-count',
    group: 'network',
    to: 'network/conntrack-count.txt',
    source: log('/proc/sys/net/netfilter/nf_conntrack_count'),
  },
  {
    id: 'conntrack-max',
    group: 'network',
    to: 'network/conntrack-max.txt',
    source: log('/proc/sys/net/netfilter/nf_conntrack_max'),
  },
  { id: 'conntrack', group: 'network', to: 'network/conntrack.txt', source: command('conntrack', '-S') },
  { id: 'resolver', group: 'network', to: 'network/resolv.conf', source: document('/etc/resolv.conf') },
  {
    id: 'resolved',
    group: 'network',
    to: 'network/resolved.txt',
    source: command('resolvectl', '--no-pager', 'status'),
  },
  { id: 'hosts', group: 'network', to: 'network/hosts', source: document('/etc/hosts') },
  {
    id: 'netplan',
    group: 'network',
    to: 'network/netplan',
    source: documentsIn('/etc/netplan', /^[^/]+\.yaml$/),
    filter: filterNetplan,
  },
  {
    id: 'networkd',
    group: 'network',
    to: 'network/networkd',
    source: documentsIn('/run/systemd/network', /^[^/]+\.(network|netdev|link)$/),
  },
  {
    id: 'networkctl',
    group: 'network',
    to: 'network/networkctl.txt',
    source: command('networkctl', '--no-pager', 'list'),
    needs: '/run/systemd/system',
  },
  {
    id: 'proxies',
    group: 'proxy',
    to: 'proxy/proxies.txt',
    source: made('where a proxy is set: place and host', proxyText),
  },
  { id: 'cni', group: 'cni', to: 'cni/net.d', source: documentsIn('/etc/cni/net.d', /^[^/]+\.(conf|conflist)$/) },
  {
    id: 'cni-plugins',
    group: 'cni',
    to: 'cni/plugins.txt',
    source: command('ls', '-l', '/opt/cni/bin'),
    answers: [0, 2],
  },
  ofApi({ id: 'api-health', group: 'api', to: 'api/readyz.txt' }, 'get', '--raw=/readyz?verbose'),
  ofApi({ id: 'nodes', group: 'api', to: 'api/nodes.txt' }, 'get', 'nodes', '-o', 'wide'),
  ofApi({ id: 'node-details', group: 'api', to: 'api/nodes-described.txt' }, 'describe', 'nodes'),
  ofApi({ id: 'pods', group: 'api', to: 'api/pods.txt' }, 'get', 'pods', '-A', '-o', 'wide'),
  ofApi({ id: 'events', group: 'api', to: 'api/events.txt' }, 'get', 'events', '-A', '--sort-by=.lastTimestamp'),
  ofApi(
    { id: 'workloads', group: 'api', to: 'api/workloads.txt' },
    ...['get', 'deployments,daemonsets,statefulsets,jobs,services,endpoints', '-A', '-o', 'wide'],
  ),
  ofApi(
    { id: 'storage-objects', group: 'api', to: 'api/storage.txt' },
    ...['get', 'storageclasses,pv,pvc', '-A', '-o', 'wide'],
  ),
  ofApi({ id: 'api-services', group: 'api', to: 'api/apiservices.txt' }, 'get', 'apiservices'),
  ofApi({ id: 'leases', group: 'api', to: 'api/leases.txt' }, 'get', 'leases', '-A'),
  ofApi({ id: 'csrs', group: 'api', to: 'api/csrs.txt' }, 'get', 'csr'),
  ofApi(
    { id: 'kubeadm-config', group: 'api', to: 'api/kubeadm-config.yaml', filter: filterKubeadmConfig },
    ...['-n', 'kube-system', 'get', 'configmap', 'kubeadm-config', '-o', 'jsonpath={.data.ClusterConfiguration}'],
  ),
  {
    id: 'etcd-health',
    group: 'etcd',
    to: 'etcd/health.txt',
    source: command('curl', '--silent', '--show-error', '--max-time', '2', 'http://127.0.0.1:2381/health'),
    needs: '/etc/kubernetes/manifests/etcd.yaml',
    limitMs: 4_000,
  },
  // Where an image has neither curl nor etcdctl.
  ofApi({ id: 'etcd-readiness', group: 'etcd', to: 'etcd/of-api-server.txt' }, 'get', '--raw=/readyz/etcd'),
  {
    id: 'etcd-status',
    group: 'etcd',
    to: 'etcd/status.txt',
    source: command(
      'etcdctl',
      '--dial-timeout=2s',
      '--command-timeout=4s',
      '--endpoints=https://127.0.0.1:2379',
      `--cacert=${etcd}/ca.crt`,
      `--cert=${etcd}/healthcheck-client.crt`,
      `--key=${etcd}/healthcheck-client.key`,
      'endpoint',
      'status',
      '--write-out=table',
    ),
    limitMs: 6_000,
  },
];

/** It has answered within 2 s when it was asked first (probe-api.ts); with all of them at once it may take longer. */
function ofApi(row: Pick<Collector, 'id' | 'group' | 'to' | 'filter'>, ...args: readonly string[]): Collector {
  const source = command('kubectl', '--kubeconfig=/etc/kubernetes/admin.conf', '--request-timeout=10s', ...args);
  return { ...row, source, needsApi: true, limitMs: slowStartMs };
}
