/** How the units of cloud-init are ordered on Debian and Ubuntu, in three generations; what they run does not matter. */
interface Ordering {
  readonly DefaultDependencies?: 'no';
  readonly Wants?: string;
  readonly After?: string;
  readonly Before?: string;
  readonly Conflicts?: string;
}

const target: Readonly<Record<string, Ordering>> = { 'cloud-init.target': { After: 'multi-user.target' } };

const config: Ordering = {
  After: 'network-online.target cloud-config.target',
  Wants: 'network-online.target cloud-config.target',
};
const final: Ordering = {
  After: 'network-online.target cloud-config.service rc-local.service multi-user.target',
  Before: 'apt-daily.service',
  Wants: 'network-online.target cloud-config.service',
};
const local: Ordering = {
  DefaultDependencies: 'no',
  Wants: 'network-pre.target',
  After: 'systemd-remount-fs.service',
  Before: 'NetworkManager.service network-pre.target shutdown.target sysinit.target',
  Conflicts: 'shutdown.target',
};
const network: Ordering = {
  DefaultDependencies: 'no',
  Wants: 'cloud-init-local.service sshd-keygen.service sshd.service',
  After: 'cloud-init-local.service systemd-networkd-wait-online.service networking.service',
  Before: 'network-online.target sshd-keygen.service sshd.service sysinit.target systemd-user-sessions.service',
  Conflicts: 'shutdown.target',
};

const olderThan243: Readonly<Record<string, Ordering>> = {
  ...target,
  'cloud-init-local.service': local,
  'cloud-init.service': network,
  'cloud-config.target': {
    After: 'cloud-init-local.service cloud-init.service',
    Wants: 'cloud-init-local.service cloud-init.service',
  },
  'cloud-config.service': config,
  'cloud-final.service': final,
};

export const generations: Readonly<Record<string, Readonly<Record<string, Ordering>>>> = {
  '18.2 (Ubuntu 18.04)': {
    ...olderThan243,
    'cloud-config.target': { After: 'cloud-init-local.service cloud-init.service' },
  },
  '22.4 (Debian 12)': olderThan243,
  '24.3 and later': {
    ...target,
    'cloud-init-main.service': {
      DefaultDependencies: 'no',
      After: 'systemd-remount-fs.service',
      Before: 'cloud-init-local.service shutdown.target',
      Conflicts: 'shutdown.target',
    },
    'cloud-init-local.service': local,
    'cloud-init-network.service': { ...network, Before: `${network.Before} shutdown.target` },
    'cloud-config.target': {
      After: 'cloud-init-local.service cloud-init-network.service',
      Wants: 'cloud-init-local.service cloud-init-network.service',
    },
    'cloud-config.service': config,
    'cloud-final.service': final,
  },
};

/** The text of such a unit. */
export function unitText(name: string, ordering: Ordering): string {
  const lines = Object.entries(ordering).map(([key, value]) => `${key}=${value}`);
  const service = name.endsWith('.service')
    ? '\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n'
    : '';
  return `[Unit]\nDescription=${name}\n${lines.join('\n')}\n${service}`;
}
