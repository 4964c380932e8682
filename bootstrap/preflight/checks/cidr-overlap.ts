import type { Facts } from '../../facts/facts.ts';
import { isDefault } from '../../facts/routes.ts';
import { covers, overlaps } from '../../firewall/cidr.ts';
import { findKubernetes } from '../../network/kubernetes.ts';
import { usualCidrs } from '../../network/proxy-files.ts';
import { type Check, type Finding, onRunningSystem, pass, unknown } from '../check.ts';

/** Interfaces that the network of the pods makes: what they hold is the cluster's own. */
const ofPods =
  /^(cni\d|flannel|cali|vxlan\.calico|tunl0|cilium|lxc|kube-|nodelocaldns|weave|antrea|ovn|br-int|geneve|vxlan_sys)/;

/** No address that this machine talks to lies in a network of the cluster. */
export const cidrOverlapCheck: Check = {
  id: 'cidr-overlap',
  run: onRunningSystem(async ({ facts, settings, host }) => {
    const cidrs = await settings.clusterCidrs();
    const { routes, ...others } = await facts();
    const isNode = (await findKubernetes(host)) !== null;
    return judgeOverlap(
      { ...others, routes: isNode ? routes.filter(route => !isToOtherNode(route, cidrs)) : routes },
      cidrs,
    );
  }),
};

/** `cidrs`: the networks of pods and services; [] where they are not known yet, and the usual ones may come. */
export function judgeOverlap(
  facts: Pick<Facts, 'nics' | 'routes' | 'dns' | 'missing'>,
  cidrs: readonly string[],
): Finding {
  const wanted = cidrs.length > 0 ? cidrs : usualCidrs;
  const used = whatIsUsed(facts);
  const required = wanted.join(', ');
  const found = [
    ...wanted.flatMap(cidr => used.flatMap(one => (overlaps(cidr, one.cidr) ? [`${one.text} overlaps ${cidr}`] : []))),
    ...wanted.flatMap((cidr, at) =>
      wanted
        .slice(at + 1)
        .flatMap(other => (overlaps(cidr, other) ? [`${cidr} overlaps ${other}, both of the cluster`] : [])),
    ),
  ];
  const names = `${cidrs.length > 0 ? '' : 'the usual '}${required}`;
  if (found.length > 0) {
    const fix =
      cidrs.length > 0
        ? 'give the cluster other networks on the Controller (podSubnet, serviceSubnet)'
        : 'give the cluster networks of its own on the Controller (podSubnet, serviceSubnet), not the usual ones';
    return { status: cidrs.length > 0 ? 'fail' : 'warn', observed: found.join('; '), required, fix };
  }
  const unread = facts.missing.find(({ field }) => field === 'routes');
  if (unread !== undefined) return unknown(unread.why);
  return pass(`nothing of this machine is in ${names}`, required);
}

function whatIsUsed({ nics, routes, dns }: Pick<Facts, 'nics' | 'routes' | 'dns'>) {
  return [
    ...nics
      .filter(({ name }) => !ofPods.test(name))
      .flatMap(({ name, addresses }) => addresses.map(cidr => ({ cidr, text: `${cidr} of ${name}` }))),
    ...routes
      .filter(route => !isDefault(route) && !ofPods.test(route.interface) && !isOfAddress(route, nics))
      .map(({ destination, interface: name }) => ({
        cidr: destination,
        text: `the route to ${destination} by ${name}`,
      })),
    ...routes.filter(isDefault).flatMap(({ gateway }) => (gateway === null ? [] : [one(gateway, 'the gateway')])),
    ...dns.servers.map(server => one(server.replace(/%.*$/, ''), 'the name server')),
  ];
}

/** To the pods of another node, by that node: a network of pods without an envelope has one for each. */
function isToOtherNode({ destination, gateway }: Facts['routes'][number], cidrs: readonly string[]): boolean {
  return gateway !== null && cidrs.some(cidr => cidr !== destination && covers(cidr, destination));
}

/** The route that the kernel makes for an address says nothing new. */
function isOfAddress({ destination, interface: name }: Facts['routes'][number], nics: Facts['nics']): boolean {
  return nics.some(nic => nic.name === name && nic.addresses.some(address => covers(destination, address)));
}

function one(address: string, what: string) {
  return { cidr: address, text: `${what} ${address}` };
}
