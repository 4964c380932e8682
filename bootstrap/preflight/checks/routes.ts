import type { Facts } from '../../facts/facts.ts';
import { isDefault } from '../../facts/routes.ts';
import { askGateway } from '../../network/gateway.ts';
import { type Check, type Finding, onRunningSystem, pass, unknown } from '../check.ts';

type Route = Facts['routes'][number];
type Network = Pick<Facts, 'nics' | 'routes' | 'missing'>;

const look = 'ip route; ip address';

export const routeChecks: readonly Check[] = [
  {
    id: 'default-route',
    run: onRunningSystem(async ({ facts, host, signal }) => {
      const network = await facts();
      const asked = await Promise.all(
        defaultsOf(network).map(async route => {
          if (route.gateway === null || whyNot(route, network) !== null) return null;
          const { answers } = await askGateway(host, route.gateway, route.interface, signal);
          return answers === false ? route : null;
        }),
      );
      return judgeDefaultRoute(
        network,
        asked.flatMap(route => route ?? []),
      );
    }),
  },
  {
    id: 'multiple-default-routes',
    run: onRunningSystem(async ({ facts }) => judgeDefaultRoutes(await facts())),
  },
];

/** `silent`: default routes whose gateway was asked for, and does not answer. */
export function judgeDefaultRoute(network: Network, silent: readonly Route[]): Finding {
  const routes = defaultsOf(network);
  if (routes.length === 0) {
    const unread = network.missing.find(({ field }) => field === 'routes');
    return unread === undefined
      ? { status: 'fail', observed: 'there is no default route', fix: `give this machine a gateway (${look})` }
      : unknown(unread.why);
  }
  const seen = routes.map(route => ({
    route,
    why: whyNot(route, network) ?? (silent.includes(route) ? 'its gateway does not answer' : null),
  }));
  const usable = seen.flatMap(({ route, why }) => (why === null ? [route] : []));
  const observed = seen.map(({ route, why }) => `${textOf(route)}${why === null ? '' : `: ${why}`}`).join('; ');
  if (usable.length === 0) {
    return { status: 'fail', observed, fix: `check cable, address and gateway (${look}; ip neighbour)` };
  }
  const rival = equalBest(usable);
  if (rival === null) return pass(observed);
  const fix = `give the route by ${rival.interface} a higher metric, or take it away (${look})`;
  return { status: 'fail', observed: `two default routes are equally good: ${observed}`, fix };
}

export function judgeDefaultRoutes(network: Network): Finding {
  const routes = defaultsOf(network);
  const families = [routes.filter(route => !isSix(route)), routes.filter(isSix)];
  const several = families.flatMap(family => (new Set(family.map(one => one.interface)).size > 1 ? family : []));
  if (several.length > 0) {
    const fix = 'take away the default route that is not meant, of a DHCP interface with use-routes: false';
    return { status: 'warn', observed: several.map(textOf).join('; '), fix };
  }
  const unread = network.missing.find(({ field }) => field === 'routes');
  if (routes.length === 0 && unread !== undefined) return unknown(unread.why);
  return pass(routes.map(textOf).join('; ') || 'none');
}

function defaultsOf({ routes }: Network): Route[] {
  return routes.filter(isDefault);
}

function isSix({ destination }: Route): boolean {
  return destination.includes(':');
}

function textOf({ gateway, interface: name, metric, ...route }: Route): string {
  const via = gateway === null ? '' : ` via ${gateway}`;
  return `default${isSix({ gateway, interface: name, metric, ...route }) ? ' (IPv6)' : ''}${via} on ${name} metric ${metric}`;
}

/** What keeps the kernel from sending by this route; null: nothing that can be seen here. */
function whyNot(route: Route, { nics }: Network): string | null {
  const nic = nics.find(({ name }) => name === route.interface);
  if (nic === undefined) return null;
  if (nic.carrier === false) return `${nic.name} has no link`;
  const own = nic.addresses.filter(address => address.includes(':') === isSix(route));
  return own.length === 0 && !isSix(route) ? `${nic.name} has no address` : null;
}

/** A second IPv4 route that the kernel may as well take. Of IPv6, routers that are equals are usual. */
function equalBest(usable: readonly Route[]): Route | null {
  const four = usable.filter(route => !isSix(route)).sort((a, b) => a.metric - b.metric);
  const [best, next] = four;
  if (best === undefined || next === undefined || best.metric !== next.metric) return null;
  return best.interface === next.interface && best.gateway === next.gateway ? null : next;
}
