import type { Host } from '../host/host.ts';

export type Renderer = 'netplan' | 'networkd';

const netplan = '/usr/sbin/netplan';
const networkd = 'systemd-networkd.service';

/** What configures the network of this machine; null: neither of the two that conjurer can write for. */
export async function findRenderer(host: Host): Promise<Renderer | null> {
  if ((await host.files.stat(netplan)) !== null) return 'netplan';
  const state = await host.units.state(networkd).catch(() => null);
  return state !== null && (state.enabled || state.active) ? 'networkd' : null;
}
