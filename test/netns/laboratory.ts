import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import type { Order } from './end.ts';
import { type Namespaces, openNamespaces, type Ran } from './namespaces.ts';

export type Variant = 'nft' | 'legacy';
export type Place = 'outside' | 'node' | 'pod';

/** A packet that is dropped is sent again after a second; on a busy machine an open port may answer as late. */
const patienceMs = 2500;
const project = join(import.meta.dirname, '../..');

/** Addresses of each family; `admin` is a second address of the outside. */
export const addresses = {
  ipv4: { node: '192.0.2.10', outside: '192.0.2.1', admin: '192.0.2.77', pod: '10.244.0.5', service: '10.96.0.1' },
  ipv6: {
    node: '2001:db8::10',
    outside: '2001:db8::1',
    admin: '2001:db8::77',
    pod: 'fd00:10:244::5',
    service: 'fd00:10:96::1',
  },
} as const;
export type Family = keyof typeof addresses;
export const families = ['ipv4', 'ipv6'] as const;

/** A node with an uplink and a pod bridge, a client outside and a pod, each in a network namespace of its own. */
export interface Laboratory {
  readonly namespaces: Namespaces;
  order(place: Place, order: Order): Promise<unknown>;
  /** Of these TCP ports those that a connection opens to. `to`: default the node; `from`: the place's first address. */
  openPorts(
    place: Place,
    family: Family,
    ports: readonly number[],
    ends?: { to?: string; from?: string },
  ): Promise<number[]>;
  configure(firewall: Readonly<Record<string, unknown>>): Promise<void>;
  /** The agent's own command line, on the node. */
  conjurer(...args: string[]): Promise<Ran>;
  /** Both families, without the comments, which hold the time. */
  saved(): Promise<string>;
  close(): Promise<void>;
}

/** Listening on the node: 22, 80, 443, 2379, 6443, 8443, 10250; in the pod: 8080; outside: 7000. */
export async function openLaboratory(variant: Variant, { kubernetes }: { kubernetes: boolean }): Promise<Laboratory> {
  const namespaces = await openNamespaces();
  const { run, shell } = namespaces;
  await shell(machine(variant));
  await shell(networks);
  if (kubernetes) await shell(kubeProxy);
  const ends = { outside: end(namespaces, 'outside'), node: end(namespaces, null), pod: end(namespaces, 'pod') };
  const laboratory: Laboratory = {
    namespaces,
    order: (place, order) => ends[place].order(order),
    async openPorts(place, family, ports, { to = addresses[family].node, from } = {}) {
      const source = from ?? (place === 'outside' ? addresses[family].outside : undefined);
      const answers = await Promise.all(
        ports.map(port => {
          const order = { do: 'connect', to, port, ms: patienceMs } as const;
          return ends[place].order(source === undefined ? order : { ...order, from: source });
        }),
      );
      return ports.filter((_, at) => answers[at] === true);
    },
    async configure(firewall) {
      const text = stringify({ edgeName: 'edge-001', firewall });
      await shell(
        `mkdir -p /etc/conjurer && cat > /etc/conjurer/conjurer.yaml <<'END'\n${text}END\nchmod 600 /etc/conjurer/conjurer.yaml`,
      );
    },
    conjurer: (...args) => run([process.execPath, join(project, 'agent/main.ts'), ...args]),
    async saved() {
      const text = await shell(
        'for tool in iptables ip6tables; do for table in filter mangle nat; do echo "$tool"; $tool-save -t $table; done; done',
      );
      return text.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '[0:0]');
    },
    async close() {
      for (const one of Object.values(ends)) one.close();
      await namespaces.close();
    },
  };
  await ends.node.order({ do: 'listen', ports: [22, 80, 443, 2379, 6443, 8443, 10_250] });
  await ends.pod.order({ do: 'listen', ports: [8080] });
  await ends.outside.order({ do: 'listen', ports: [7000] });
  return laboratory;
}

function end(namespaces: Namespaces, netns: string | null) {
  const child = namespaces.start([process.execPath, join(import.meta.dirname, 'end.ts')], netns);
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let last = 0;
  if (child.stdout === null || child.stdin === null) throw new Error('the end has no pipes');
  const { stdin } = child;
  createInterface({ input: child.stdout }).on('line', line => {
    const { id, answer, error } = JSON.parse(line) as { id: number; answer: unknown; error?: string };
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(answer);
    else asked?.reject(new Error(error));
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the end has gone'));
  });
  return {
    order(order: Order): Promise<unknown> {
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        stdin.write(`${JSON.stringify({ id, ...order })}\n`);
      });
    },
    close: () => child.kill('SIGKILL'),
  };
}

/** The host's iptables is of this variant, and its units are in a folder that nothing starts. */
const machine = (variant: Variant) => `
for family in iptables ip6tables; do
  for program in '' -save -restore; do
    ln -s /usr/sbin/$family-${variant}$program /usr/local/sbin/$family$program
  done
done
mkdir -p /etc/conjurer /var/lib/conjurer /var/log/conjurer /run/netns
`;

const networks = `
# An address that is still looked for twice on the link cannot be used for the first second.
dad="net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0"
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 $dad
ip link set lo up
for other in outside pod; do
  ip netns add $other
  ip netns exec $other sysctl -qw $dad
  ip -n $other link set lo up
done
ip link add eth0 type veth peer name eth0 netns outside
ip link add cni0 type bridge
ip link add veth-pod type veth peer name eth0 netns pod
ip link set veth-pod master cni0
add() { ip -n $1 addr add $2 dev eth0 nodad 2>/dev/null || ip -n $1 addr add $2 dev eth0; }
ip addr add 192.0.2.10/24 dev eth0
ip addr add 2001:db8::10/64 dev eth0 nodad
ip addr add 10.244.0.1/24 dev cni0
ip addr add fd00:10:244::1/64 dev cni0 nodad
for address in 192.0.2.1/24 192.0.2.77/24 2001:db8::1/64 2001:db8::77/64; do add outside $address; done
for address in 10.244.0.5/24 fd00:10:244::5/64; do add pod $address; done
for link in eth0 cni0 veth-pod; do ip link set $link up; done
for other in outside pod; do ip -n $other link set eth0 up; done
ip route add default via 192.0.2.1
ip -6 route add default via 2001:db8::1
# A neighbour that knows where the pods are.
ip -n outside route add 10.244.0.0/24 via 192.0.2.10
ip -n outside route add fd00:10:244::/64 via 2001:db8::10
ip -n pod route add default via 10.244.0.1
ip -n pod -6 route add default via fd00:10:244::1
`;

/**
 * What kube-proxy does for the service of the API server and for one node port; a chain of a pod network, and the ports
 * 8444 and 9000 of the machine that it gives to the pod.
 */
const kubeProxy = `
proxy() {
  $1 -t nat -N KUBE-SERVICES
  $1 -t nat -A PREROUTING -j KUBE-SERVICES
  $1 -t nat -A KUBE-SERVICES -d $2 -p tcp -m tcp --dport 443 -j DNAT --to-destination "$3"
  $1 -t nat -N CNI-HOSTPORT-DNAT
  $1 -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
  $1 -t nat -A CNI-HOSTPORT-DNAT -p tcp -m tcp --dport 9000 -j DNAT --to-destination "$4"
  $1 -t nat -A CNI-HOSTPORT-DNAT -p tcp -m tcp --dport 8444 -j DNAT --to-destination "$4"
  $1 -t nat -A KUBE-SERVICES -p tcp -m tcp --dport 30080 -m addrtype --dst-type LOCAL -j DNAT --to-destination "$4"
  $1 -N KUBE-FORWARD
  $1 -A FORWARD -j KUBE-FORWARD
  $1 -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  $1 -N CNI-FORWARD
  $1 -A FORWARD -m comment --comment "pod network" -j CNI-FORWARD
}
proxy iptables 10.96.0.1/32 192.0.2.10:6443 10.244.0.5:8080
proxy ip6tables fd00:10:96::1/128 '[2001:db8::10]:6443' '[fd00:10:244::5]:8080'
`;
