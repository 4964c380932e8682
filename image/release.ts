/** The releases that an image can be made of. */
export const SUITES = ['bookworm', 'bionic', 'focal', 'jammy', 'noble'] as const;
export type Suite = (typeof SUITES)[number];

export interface Release {
  readonly suite: Suite;
  readonly distribution: 'debian' | 'ubuntu';
  readonly archiveComponents: readonly string[];
  /** Keyring of its archive, and the package that has it on Debian and Ubuntu. */
  readonly keyring: { readonly file: string; readonly package: string };
  /** Everything beside what the release calls essential. */
  readonly packages: readonly string[];
}

/**
 * What is in every image. gdisk and fdisk are for growpart; GRUB's modules, not its installer, since the boot loader is
 * written by image/disk and only its menu is made anew after an update of the kernel.
 */
const EVERYWHERE = [
  'systemd',
  'systemd-sysv',
  'libpam-systemd',
  'dbus',
  'udev',
  'kmod',
  'initramfs-tools',
  'grub2-common',
  'grub-pc-bin',
  'grub-efi-amd64-bin',
  'cloud-init',
  'cloud-guest-utils',
  'fdisk',
  'gdisk',
  'e2fsprogs',
  'netplan.io',
  'iproute2',
  'iputils-ping',
  'iptables',
  'ebtables',
  'ethtool',
  'conntrack',
  'socat',
  'containerd',
  'chrony',
  'openssh-server',
  'sudo',
  'procps',
  'open-vm-tools',
  'ca-certificates',
];
