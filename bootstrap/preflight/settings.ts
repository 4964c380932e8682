import type { FirewallSettings } from '../firewall/settings.ts';
import type { ServiceProxy } from '../network/proxy-files.ts';
import type { NetworkSettings } from '../network/settings.ts';

/** What checks need of the configuration. */
export interface CheckSettings {
  readonly network: NetworkSettings;
  readonly firewall: FirewallSettings;
  /** The addresses may hold a password: never in a finding. */
  readonly proxy: ServiceProxy;
  /** Networks of pods and services in the configuration in force; [] where there is none yet. */
  readonly clusterCidrs: () => Promise<readonly string[]>;
  /** This machine has its node identity already: a cluster's files on it are ours. */
  readonly isEnrolled: () => Promise<boolean>;
}
