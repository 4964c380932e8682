/** The section `firewall` of conjurer.yaml, checked (docs/firewall.md). */
export interface FirewallSettings {
  readonly enabled: boolean;
  /** 'auto': every uplink of the facts. */
  readonly uplinks: 'auto' | readonly string[];
  /** TCP ports that are open to everyone. */
  readonly tcp: readonly number[];
  readonly allow: readonly Allowed[];
  /** CIDRs of the cluster's other nodes. */
  readonly peers: readonly string[];
  /** `range`: "30000-32767". */
  readonly nodePorts: { readonly range: string; readonly open: boolean };
}

/** A port, or a range as "30000-30100", that is open to these CIDRs. */
export interface Allowed {
  readonly port: number | string;
  readonly protocol: 'tcp' | 'udp';
  readonly cidrs: readonly string[];
}

export type Family = 'ipv4' | 'ipv6';
