import type { Files } from '../../host/host.ts';
import { type Check, type CheckContext, type Finding, onRunningSystem, pass, skip, unknown } from '../check.ts';
import type { CheckId } from '../check-table.ts';
import { type Holder, holdersOf, type Listening, listeningOn } from '../listening.ts';

/** A port, and the program that holds it in a cluster that runs, as the kernel cuts its name. */
interface Port {
  readonly id: CheckId;
  readonly port: number;
  readonly program: string;
}

const ports: readonly Port[] = [
  { id: 'port-6443', port: 6443, program: 'kube-apiserver' },
  { id: 'port-2379', port: 2379, program: 'etcd' },
  { id: 'port-2380', port: 2380, program: 'etcd' },
  { id: 'port-10250', port: 10_250, program: 'kubelet' },
  { id: 'port-10257', port: 10_257, program: 'kube-controller' },
  { id: 'port-10259', port: 10_259, program: 'kube-scheduler' },
];

/** The ports of a node are free, or held by the node that this machine already is. */
export const portChecks: readonly Check[] = [
  ...ports.map(
    (wanted): Check => ({
      id: wanted.id,
      run: onRunningSystem((context, running) => look(wanted, ['tcp'], context, running)),
    }),
  ),
  {
    id: 'port-53',
    run: onRunningSystem(async (context, running) => {
      const { nameServerPort } = await context.thresholds();
      if (!nameServerPort) return skip('nothing of the cluster is to listen there');
      return look({ id: 'port-53', port: 53, program: 'coredns' }, ['tcp', 'udp'], context, running);
    }),
  },
];

async function look(
  wanted: Port,
  protocols: readonly Listening['protocol'][],
  { host, uid, settings }: CheckContext,
  running: Files,
): Promise<Finding> {
  const taken = await listeningOn(running, wanted.port, protocols);
  if (taken === null) return unknown('the kernel does not show who listens: there is no /proc/net/tcp');
  if (taken.length === 0) return pass('free');
  const holders = await holdersOf(host, running, wanted.port);
  const isEnrolled = await settings.isEnrolled().catch(() => null);
  return judgePort(wanted, { taken, holders, isRoot: uid === 0, isEnrolled });
}

/** What it means that somebody waits on a port that the cluster needs. */
export function judgePort(
  { port, program }: Pick<Port, 'port' | 'program'>,
  seen: {
    readonly taken: readonly Listening[];
    readonly holders: readonly Holder[];
    readonly isRoot: boolean;
    /** null: only root may know. */
    readonly isEnrolled: boolean | null;
  },
): Finding {
  const { taken, holders, isRoot, isEnrolled } = seen;
  const where = taken.map(one => `${one.protocol} ${one.address.includes(':') ? `[${one.address}]` : one.address}`);
  const who = holders.length === 0 ? nobody(isRoot) : holders.map(nameOf).join(' and ');
  const observed = `${[...new Set(where)].join(', ')} port ${port} is held by ${who}`;
  if (isEnrolled === null) return unknown(`${observed}; whether this machine is that node only root can see`);
  if (isEnrolled && holders.length > 0 && holders.every(({ name }) => name === program)) return pass(observed);
  return { status: 'fail', observed, required: 'nobody', fix: cure(port, holders, isRoot) };
}

function nameOf({ name, pid, unit }: Holder): string {
  return `${name} (process ${pid}${unit === null ? '' : `, ${unit}`})`;
}

function nobody(isRoot: boolean): string {
  return isRoot ? 'a process that this system does not name' : 'a process that only root can see';
}

const resolverStub = 'systemd-resolved.service';

function cure(port: number, holders: readonly Holder[], isRoot: boolean): string {
  const [holder] = holders;
  if (holder === undefined) return `${isRoot ? '' : 'sudo '}ss -lntup "sport = :${port}" names the process; end it`;
  if (port === 53 && holder.unit === resolverStub) {
    return `write DNSStubListener=no into /etc/systemd/resolved.conf, then: systemctl restart ${resolverStub}`;
  }
  if (holder.unit !== null) return `systemctl disable --now ${holder.unit}`;
  return `end process ${holder.pid} (${holder.name}), and keep it from starting again`;
}
