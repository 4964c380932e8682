import type { StageName } from '../stage.ts';

/** What a preflight check is about, and what holds for every result of it. */
export interface CheckEntry {
  readonly group: CheckGroup;
  /** Those of `host` are made before the network is touched. */
  readonly phase: 'host' | 'network';
  /** false: it warns at most. */
  readonly blocks: boolean;
  /** false: going on without it is never right, so that no waiver holds. */
  readonly waivable?: false;
  /** In a run this stage judges it, with a status of its own; here it is only told. */
  readonly judgedBy?: StageName;
  readonly title: string;
  readonly required: string;
  readonly why: string;
}

export type CheckGroup =
  | 'os'
  | 'compute'
  | 'storage'
  | 'identity'
  | 'residue'
  | 'ports'
  | 'network'
  | 'firewall'
  | 'time'
  | 'runtime'
  | 'components'
  | 'inputs';

/** Every preflight check, by its id, which never changes. `conjurer explain ID` prints a row. */
export const checkTable = {
  // The operating system
  'supported-release': {
    group: 'os',
    phase: 'host',
    blocks: true,
    title: 'the release is one that conjurer is made for',
    required: 'that of the image; without one Ubuntu 18.04, 20.04, 22.04, 24.04 or Debian 12',
    why: 'on another release the paths and versions that conjurer relies on were never tried',
  },
  architecture: {
    group: 'os',
    phase: 'host',
    blocks: true,
    title: "the processor is of the image's architecture",
    required: 'amd64 or arm64, as the image says',
    why: 'the binaries of another architecture do not start',
  },
  root: {
    group: 'os',
    phase: 'host',
    blocks: true,
    waivable: false,
    title: 'conjurer runs as root',
    required: 'user id 0',
    why: 'network, firewall and services are set by root alone; what others cannot read, the checks cannot judge',
  },
  'kernel-version': {
    group: 'os',
    phase: 'host',
    blocks: true,
    title: 'the kernel is new enough',
    required: '4.15, or what the image asks for',
    why: 'older kernels lack what containers and their network are built on',
  },
  'kernel-features': {
    group: 'os',
    phase: 'host',
    blocks: true,
    title: 'the kernel can do what containers need',
    required: 'namespaces and seccomp filters',
    why: 'without them no container starts',
  },
  'kernel-modules': {
    group: 'os',
    phase: 'host',
    blocks: true,
    title: 'the modules of the pod network are there',
    required: 'overlay, br_netfilter and nf_conntrack: loaded, built in or loadable',
    why: 'without them pods have no file system, or do not reach each other',
  },
  'cgroup-controllers': {
    group: 'os',
    phase: 'host',
    blocks: true,
    title: 'the kernel can limit containers',
    required: 'the controllers cpu, cpuset, memory and pids',
    why: 'kubelet does not start without them',
  },
  'security-module': {
    group: 'os',
    phase: 'host',
    blocks: false,
    title: 'AppArmor or SELinux lets containers work',
    required: 'AppArmor, or SELinux that does not enforce',
    why: 'an enforcing SELinux without a policy for containers stops them from reading their own files',
  },
  'container-guest': {
    group: 'os',
    phase: 'host',
    blocks: false,
    title: 'this is a machine of its own, not a container',
    required: 'a virtual machine or hardware',
    why: 'in a container kernel settings, modules and the firewall belong to somebody else',
  },

  // Processors and memory
  'cpu-count': {
    group: 'compute',
    phase: 'host',
    blocks: true,
    title: 'there are enough processors',
    required: '2, or what the image asks for',
    why: 'with fewer the control plane does not keep up with itself',
  },
  'cpu-level': {
    group: 'compute',
    phase: 'host',
    blocks: false,
    title: 'the processors know the usual instructions',
    required: 'x86-64-v2',
    why: 'newer images hold programs that end with "illegal instruction" on older processors',
  },
  memory: {
    group: 'compute',
    phase: 'host',
    blocks: true,
    title: 'there is enough memory',
    required: '1700 MiB, or what the image asks for; 100 MiB less will do',
    why: 'with less the kernel kills the API server or etcd',
  },
  swap: {
    group: 'compute',
    phase: 'host',
    blocks: false,
    title: 'no memory is swapped to disk',
    required: 'no swap',
    why: 'kubelet refuses to start with swap on, unless it is told otherwise',
  },

  // Disks
  'disk-size': {
    group: 'storage',
    phase: 'host',
    blocks: true,
    title: 'the disk is large enough',
    required: '20 GiB, or what the image asks for',
    why: 'images, logs and the data of the cluster grow over years',
  },
  'root-free': {
    group: 'storage',
    phase: 'host',
    blocks: true,
    title: 'there is space for images and logs',
    required: '5 GiB free where images are kept, half a GiB where else the cluster writes, a tenth of the inodes',
    why: 'kubelet evicts pods when the disk fills up, and etcd stops',
  },
  'grown-to-disk': {
    group: 'storage',
    phase: 'host',
    blocks: false,
    title: 'the root file system fills its disk',
    required: 'no more than a tenth of the disk, or 1 GiB, is left unused behind it',
    why: 'a disk that was enlarged stays as small as the template until its partition and file system are grown',
  },
  'data-dir': {
    group: 'storage',
    phase: 'host',
    blocks: true,
    title: 'the data directories can hold a cluster',
    required: 'no symlinks; file systems that can be written to and executed from; on xfs with ftype=1',
    why: 'images are unpacked there, and programs are started from there',
  },
  fsync: {
    group: 'storage',
    phase: 'host',
    blocks: true,
    title: 'the disk is fast enough for etcd',
    required: 'at the 99th percentile 10 ms for a write to be on the disk, never more than 100 ms',
    why: 'etcd writes each change to the disk before it answers; on a slow disk the cluster loses its leader again and again',
  },
  'raw-volume': {
    group: 'storage',
    phase: 'host',
    blocks: false,
    title: 'there is an empty disk for the storage of applications',
    required: 'where preflight.requirements.rawVolumeGiB asks for one: an empty disk of this size',
    why: 'the storage of the cluster takes whole disks, and never one that holds something',
  },

  // Who this machine is
  hostname: {
    group: 'identity',
    phase: 'host',
    blocks: true,
    title: 'the host name can be the name of a node',
    required: 'letters, digits and dashes (RFC 1123), at most 63 characters a part, and not localhost',
    why: 'Kubernetes names the node by it, and refuses any other',
  },
  'machine-id': {
    group: 'identity',
    phase: 'host',
    blocks: true,
    title: "the machine id is this machine's own",
    required: '32 hexadecimal digits in /etc/machine-id, made after the image',
    why: 'DHCP servers give the same address to machines with the same id, and the network of the cluster mixes them up',
  },
  'smbios-data': {
    group: 'identity',
    phase: 'host',
    blocks: false,
    title: 'the hardware says which machine it is',
    required: 'UUID and serial that are no fillers',
    why: 'without them a copy of this machine cannot be told from it',
  },
  'ssh-host-keys': {
    group: 'identity',
    phase: 'host',
    blocks: false,
    title: "the SSH host keys are this machine's own",
    required: 'keys made after the image',
    why: "whoever has the image can pose as each machine that kept the image's keys",
  },
  'template-leftovers': {
    group: 'identity',
    phase: 'host',
    blocks: false,
    title: 'nothing is left of a boot of the template',
    required: 'no log, lease, random seed or network configuration from before the image was made',
    why: "what is left of the template's own boot makes its copies look alike",
  },

  // What an earlier cluster left behind
  'kubernetes-config': {
    group: 'residue',
    phase: 'host',
    blocks: true,
    title: 'there is no configuration of another cluster',
    required: "no kubeconfig and no static pod in /etc/kubernetes that is not the image's",
    why: 'kubelet would join, or start, that cluster instead',
  },
  'etcd-data': {
    group: 'residue',
    phase: 'host',
    blocks: true,
    title: 'there is no data of another cluster',
    required: 'no /var/lib/etcd/member',
    why: 'etcd would come up with the members and secrets of that cluster',
  },
  'kubelet-state': {
    group: 'residue',
    phase: 'host',
    blocks: true,
    title: 'there is no state of another node',
    required: 'no client certificate, no pod and no checkpoint in /var/lib/kubelet',
    why: 'kubelet would go on as the node that it was',
  },
  'other-agent': {
    group: 'residue',
    phase: 'host',
    blocks: true,
    title: 'no other agent manages this machine',
    required: 'no identity of another agent of clusters',
    why: "two agents undo each other's work",
  },
  'other-runtime': {
    group: 'residue',
    phase: 'host',
    blocks: false,
    title: 'containerd is the only container runtime',
    required: 'no docker, cri-o or podman service that runs',
    why: 'another runtime sets rules of its own in the firewall, and takes addresses',
  },

  // The ports of a node
  'port-6443': {
    group: 'ports',
    phase: 'host',
    blocks: true,
    title: 'port 6443 is free',
    required: 'nobody on TCP port 6443, or the node that this machine already is',
    why: 'the API server listens there, and cannot start while another program does',
  },
  'port-2379': {
    group: 'ports',
    phase: 'host',
    blocks: true,
    title: 'port 2379 is free',
    required: 'nobody on TCP port 2379, or the node that this machine already is',
    why: 'etcd listens there, and cannot start while another program does',
  },
  'port-2380': {
    group: 'ports',
    phase: 'host',
    blocks: true,
    title: 'port 2380 is free',
    required: 'nobody on TCP port 2380, or the node that this machine already is',
    why: 'the members of etcd listen there, and cannot start while another program does',
  },
  'port-10250': {
    group: 'ports',
    phase: 'host',
    blocks: true,
    title: 'port 10250 is free',
    required: 'nobody on TCP port 10250, or the node that this machine already is',
    why: 'kubelet listens there, and cannot start while another program does',
  },
  'port-10257': {
    group: 'ports',
    phase: 'host',
    blocks: true,
    title: 'port 10257 is free',
    required: 'nobody on TCP port 10257, or the node that this machine already is',
    why: 'the controller manager listens there, and cannot start while another program does',
  },
  'port-10259': {
    group: 'ports',
    phase: 'host',
    blocks: true,
    title: 'port 10259 is free',
    required: 'nobody on TCP port 10259, or the node that this machine already is',
    why: 'the scheduler listens there, and cannot start while another program does',
  },
  'port-53': {
    group: 'ports',
    phase: 'host',
    blocks: true,
    title: 'port 53 is free',
    required: 'where preflight.requirements.nameServerPort is true: nobody on TCP or UDP port 53',
    why: 'the name server of the cluster listens there, and cannot start while another program does',
  },

  // What else rules packets and programs
  ufw: {
    group: 'firewall',
    phase: 'host',
    blocks: true,
    title: 'ufw is not active',
    required: 'ENABLED=no in /etc/ufw/ufw.conf, or firewall.enabled: false',
    why: 'two programs that rule the same packets undo what the other sets',
  },
  firewalld: {
    group: 'firewall',
    phase: 'host',
    blocks: true,
    title: 'firewalld is not active',
    required: 'no firewalld that runs, or firewall.enabled: false',
    why: 'two programs that rule the same packets undo what the other sets; at each reload firewalld drops the rules of Kubernetes',
  },
  fapolicyd: {
    group: 'firewall',
    phase: 'host',
    blocks: true,
    title: 'fapolicyd is not active',
    required: 'no fapolicyd that runs',
    why: 'it keeps programs from starting that no package of the system brought: those of the image, and those in containers',
  },
  'packet-filters': {
    group: 'firewall',
    phase: 'host',
    blocks: false,
    title: 'the rules of packets are in one place',
    required: 'rules of nftables or of the legacy iptables, not of both',
    why: 'a packet must pass both, and each of the two tools shows only one',
  },
  'iptables-variant': {
    group: 'firewall',
    phase: 'host',
    blocks: false,
    title: 'there is an iptables',
    required: 'iptables and ip6tables 1.6.1 or newer',
    why: 'conjurer and Kubernetes set their rules by it, and both by the same variant',
  },

  // The container runtime
  'container-runtime': {
    group: 'runtime',
    phase: 'host',
    blocks: true,
    title: 'containerd runs and answers kubelet',
    required: 'the service runs, and its CRI plugin is loaded',
    why: 'kubelet starts every container by it',
  },
  'cgroup-driver': {
    group: 'runtime',
    phase: 'host',
    blocks: true,
    title: 'containerd and kubelet have the same cgroup driver',
    required: 'the same one in both configurations',
    why: 'with two of them the control plane starts, and is killed again under load',
  },
  'sandbox-image': {
    group: 'runtime',
    phase: 'host',
    blocks: true,
    title: 'the sandbox image is there, by the name that containerd asks for',
    required: 'the name that the image of this machine was made with, preloaded',
    why: 'each pod begins with it; without a way to a registry no pod starts',
  },

  // What the image holds
  manifest: {
    group: 'components',
    phase: 'host',
    blocks: true,
    judgedBy: 'components',
    waivable: false,
    title: 'the manifest of the image can be trusted',
    required: 'where there is one: a signature by a key that is trusted, over the manifest of this build',
    why: 'whoever can write the manifest decides what counts as unaltered',
  },
  'quick-validation': {
    group: 'components',
    phase: 'host',
    blocks: true,
    judgedBy: 'components',
    title: 'what the image holds is there',
    required: 'conjurer validate --quick finds nothing',
    why: 'a component that is missing or altered fails later, where the cause is hard to see',
  },

  // The clock
  'time-synchronized': {
    group: 'time',
    phase: 'host',
    blocks: false,
    title: 'a time service keeps the clock',
    required: 'synchronized',
    why: 'certificates are valid by the clock; logs of several machines cannot be compared otherwise',
  },
  rtc: {
    group: 'time',
    phase: 'host',
    blocks: false,
    title: 'the hardware clock is not in the past',
    required: 'not before the image was made',
    why: 'after the next power cut this machine would start with that time, and trust no certificate',
  },

  // What enrolment needs on this machine
  config: {
    group: 'inputs',
    phase: 'host',
    blocks: true,
    judgedBy: 'register',
    waivable: false,
    title: 'the configuration is valid',
    required: 'only keys that conjurer knows, with values that fit',
    why: 'a key that is misspelt would have no effect',
  },
  'edge-name': {
    group: 'inputs',
    phase: 'host',
    blocks: true,
    judgedBy: 'register',
    title: 'this machine has a name',
    required: 'edgeName in conjurer.yaml or on the command line',
    why: 'the Controller lists machines by their edge name',
  },
  credentials: {
    group: 'inputs',
    phase: 'host',
    blocks: true,
    judgedBy: 'register',
    title: 'passphrase and credentials are usable',
    required: 'a pair as the Controller made it, not expired',
    why: 'they open the door to register, and say which Controller is meant',
  },

  // The network of this machine
  'default-route': {
    group: 'network',
    phase: 'network',
    blocks: true,
    title: 'there is one way out',
    required: 'exactly one default route that is the best, by an interface that is up, to a gateway that answers',
    why: 'without it nothing outside is reached; between two equal ones the kernel chooses by chance',
  },
  'multiple-default-routes': {
    group: 'network',
    phase: 'network',
    blocks: false,
    title: 'no second way out',
    required: 'one default route of each family',
    why: 'the address of the node follows the default route: when the second one becomes the best, the node changes its address',
  },
  address: {
    group: 'network',
    phase: 'network',
    blocks: true,
    title: 'this machine has an address',
    required: 'an address on an interface that leads out, other than a link-local one',
    why: 'the Controller and the nodes of the cluster are reached from it',
  },
  'dns-resolves': {
    group: 'network',
    phase: 'network',
    blocks: true,
    title: 'the name servers answer',
    required: 'an answer of each name server that is configured',
    why: 'without one no name resolves; one that is dead costs seconds at each look-up',
  },
  'dns-rotate': {
    group: 'network',
    phase: 'network',
    blocks: false,
    title: 'taking turns, the name servers agree',
    required: 'no option rotate in /etc/resolv.conf, or name servers that all say the same',
    why: 'with it each look-up asks another server: a name that only one of them knows resolves now and then',
  },
  'dns-wildcard': {
    group: 'network',
    phase: 'network',
    blocks: false,
    title: 'no search domain knows every name',
    required: 'that a name which nobody has is not found in the search domains',
    why: 'pods try each name in the search domains first, and take the address of the wildcard for that of the service',
  },

  // The way to the Controller, from the lowest layer up
  'controller-name': {
    group: 'network',
    phase: 'network',
    blocks: true,
    judgedBy: 'connectivity',
    title: 'the name of the Controller resolves',
    required: 'at least one address',
    why: 'without an address nothing can be sent to the Controller; through a proxy, the name of the proxy counts',
  },
  'controller-address': {
    group: 'network',
    phase: 'network',
    blocks: true,
    judgedBy: 'connectivity',
    title: 'this machine has a route to the Controller',
    required: 'a route to one of the addresses',
    why: 'the kernel must know which interface leads there',
  },
  'controller-tcp': {
    group: 'network',
    phase: 'network',
    blocks: true,
    judgedBy: 'connectivity',
    title: 'the Controller accepts TCP connections',
    required: 'a TCP connection',
    why: 'a firewall on the way, a wrong port or a Controller that is down ends here',
  },
  'controller-proxy': {
    group: 'network',
    phase: 'network',
    blocks: true,
    judgedBy: 'connectivity',
    title: 'the proxy opens a way to the Controller',
    required: 'CONNECT answered with success',
    why: 'the configuration says that the Controller is reached through this proxy',
  },
  'controller-tls': {
    group: 'network',
    phase: 'network',
    blocks: true,
    judgedBy: 'connectivity',
    title: 'the server is the Controller of these credentials',
    required: 'TLS 1.3, a certificate for this name from the CA in the credentials',
    why: 'a proxy that intercepts TLS or a captive portal presents a certificate of its own here',
  },
  'controller-mtls': {
    group: 'network',
    phase: 'network',
    blocks: true,
    judgedBy: 'register',
    title: 'the Controller accepts the certificate of this machine',
    required: 'an HTTP answer other than 401 or 403',
    why: 'something that ends TLS before the Controller drops the client certificate; revoked or expired ones are refused',
  },
  'controller-http': {
    group: 'network',
    phase: 'network',
    blocks: true,
    judgedBy: 'connectivity',
    title: 'the Controller answers in its protocol',
    required: 'HTTP 200 with the JSON of call 0',
    why: 'HTML or a redirect comes from a proxy, a load balancer or a captive portal, not from the Controller',
  },
  'time-skew': {
    group: 'time',
    phase: 'network',
    blocks: true,
    judgedBy: 'register',
    waivable: false,
    title: 'the clock agrees with the Controller',
    required: 'at most 5 s of difference, never more than 60 s',
    why: 'certificates are valid by the clock',
  },

  // What the cluster will ask of the network
  'image-controller-compat': {
    group: 'components',
    phase: 'network',
    blocks: true,
    judgedBy: 'register',
    waivable: false,
    title: 'image and Controller fit',
    required: 'an image and a Controller that accept each other, and a version of the protocol in common',
    why: 'the Controller refuses an image that it does not know how to manage',
  },
  registry: {
    group: 'network',
    phase: 'network',
    blocks: false,
    title: 'the registries answer',
    required: 'where a registry is configured for containerd: an answer of it',
    why: 'images that are not preloaded are fetched from there',
  },
  mtu: {
    group: 'network',
    phase: 'network',
    blocks: false,
    title: 'full packets come through',
    required:
      'on each uplink 1280 bytes or more, the same on the parts of a bond or bridge, and as much up to the gateway',
    why: 'where a larger packet is lost in silence, connections stand still when they begin to carry data',
  },
  'cidr-overlap': {
    group: 'network',
    phase: 'network',
    blocks: true,
    title: 'the networks of the cluster are free',
    required:
      'no route and no address of this machine in the networks of pods and services; on a node, none but to the pods of another',
    why: 'what this machine sends to such an address never leaves the cluster',
  },
  'proxy-bypass': {
    group: 'network',
    phase: 'network',
    blocks: false,
    title: 'the cluster is reached without the proxy',
    required: 'NO_PROXY of containerd and kubelet with the networks of pods and services',
    why: 'through a proxy that does not know them the API server and its webhooks are not reached',
  },
} as const satisfies Record<string, CheckEntry>;

export type CheckId = keyof typeof checkTable;
