import type { Facts } from '../../facts/facts.ts';
import { isDefault } from '../../facts/routes.ts';
import type { Host } from '../../host/host.ts';
import { type Check, type Finding, onRunningSystem, pass, unknown } from '../check.ts';

/** Of each link of IPv6, and what an overlay network of 1,280 bytes needs below itself. */
const LEAST = 1280;
const HEADERS = { ipv4: 28, ipv6: 48 };

type Nic = Facts['nics'][number];

/** A full packet to the gateway: `lost` where a small one comes back and a full one does not. */
export interface PathTest {
  readonly gateway: string;
  readonly interface: string;
  readonly bytes: number;
  readonly result: 'fits' | 'lost' | 'untold';
}

/** Packets as large as the interfaces say come through, up to the gateway. */
export const mtuCheck: Check = {
  id: 'mtu',
  run: onRunningSystem(async ({ facts, host, signal }) => {
    const { nics, routes } = await facts();
    const tests = routes.filter(isDefault).flatMap(({ gateway, interface: name }) => {
      const bytes = nics.find(nic => nic.name === name)?.mtu ?? null;
      return gateway === null || bytes === null ? [] : [testPath({ gateway, interface: name, bytes }, host, signal)];
    });
    return judgeMtu(nics, await Promise.all(tests));
  }),
};

export function judgeMtu(nics: readonly Nic[], paths: readonly PathTest[]): Finding {
  const uplinks = nics.filter(({ uplink, mtu }) => uplink && mtu !== null);
  if (uplinks.length === 0) return unknown('no interface that leads out tells its MTU');
  const found = [
    ...uplinks.flatMap(({ name, mtu }) => ((mtu ?? LEAST) < LEAST ? [`the MTU of ${name} is ${mtu}`] : [])),
    ...nics.flatMap(({ name, mtu, master }) => {
      const above = nics.find(nic => nic.name === master);
      if (above === undefined || above.mtu === null || mtu === null || mtu >= above.mtu) return [];
      return [`the MTU of ${name} is ${mtu}, and that of ${above.name}, which it carries, ${above.mtu}`];
    }),
    ...paths.flatMap(({ gateway, interface: name, bytes, result }) =>
      result === 'lost' ? [`packets of ${bytes} bytes do not come through from ${name} to ${gateway}`] : [],
    ),
  ];
  const observed = uplinks.map(({ name, mtu }) => `${name} ${mtu}`).join(', ');
  if (found.length > 0) {
    const fix =
      'set the MTU that the network on the way has (network.ethernets: mtu), or the same on each switch port and on the hypervisor';
    return { status: 'warn', observed: found.join('; '), fix };
  }
  const untold = paths.some(({ result }) => result === 'untold')
    ? '; the gateway does not answer pings, so nobody can tell how much comes through'
    : '';
  return pass(`${observed}${untold}`);
}

async function testPath(
  path: Omit<PathTest, 'result'>,
  host: Pick<Host, 'run'>,
  signal: AbortSignal,
): Promise<PathTest> {
  const size = path.bytes - (path.gateway.includes(':') ? HEADERS.ipv6 : HEADERS.ipv4);
  const answers = async (bytes: number) => {
    const argv = ['ping', '-c', '2', '-i', '0.3', '-W', '1', '-M', 'do', '-s', `${bytes}`, '-I', path.interface];
    return (await host.run(['ping', ...argv.slice(1), path.gateway], { signal })).status === 0;
  };
  if (!(await answers(32))) return { ...path, result: 'untold' };
  return { ...path, result: (await answers(size)) ? 'fits' : 'lost' };
}
