import type { Facts } from '../../facts/facts.ts';
import { type Check, type Finding, onRunningSystem, pass, unknown } from '../check.ts';

/** There is an address to be reached at, on an interface that leads out. */
export const addressCheck: Check = {
  id: 'address',
  run: onRunningSystem(async ({ facts }) => judgeAddresses(await facts())),
};

export function judgeAddresses({ nics, missing }: Pick<Facts, 'nics' | 'missing'>): Finding {
  const unread = missing.find(({ field }) => field === 'nics.addresses' || field === 'nics');
  const uplinks = nics.filter(({ uplink }) => uplink);
  const text = uplinks.map(({ name, addresses }) => `${name} ${addresses.join(' ') || 'none'}`).join('; ');
  const usable = uplinks.filter(({ addresses }) => addresses.some(address => !isLinkLocal(address)));
  if (usable.length > 0) return pass(text);
  if (unread !== undefined) return unknown(unread.why);
  const own = uplinks.some(({ addresses }) => addresses.length > 0);
  return {
    status: 'fail',
    observed: uplinks.length === 0 ? 'no interface leads out of this machine' : text,
    fix: own
      ? 'the DHCP server gave no address (169.254.0.0/16 is what a machine takes then): networkctl status, or set network.ethernets in conjurer.yaml'
      : 'connect the network card, then: ip address; or set network.ethernets in conjurer.yaml',
  };
}

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/.test(address);
}
