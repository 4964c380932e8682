/** The releases that an image can be made of. */
export const SUITES = ['bookworm', 'trixie', 'bionic', 'focal', 'jammy', 'noble'] as const;
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

/** Only the drivers of virtual machines (PVSCSI, VMXNET3, IDE CD, virtio), or every driver of the release. */
export const KERNELS = ['virtual', 'generic'] as const;
export type Kernel = (typeof KERNELS)[number];

const DEBIAN = {
  distribution: 'debian',
  archiveComponents: ['main'],
  keyring: { file: '/usr/share/keyrings/debian-archive-keyring.gpg', package: 'debian-archive-keyring' },
} as const;
const UBUNTU = {
  distribution: 'ubuntu',
  archiveComponents: ['main', 'universe'],
  keyring: { file: '/usr/share/keyrings/ubuntu-archive-keyring.gpg', package: 'ubuntu-archive-keyring' },
} as const;

/** What is to be installed for a release. systemd-resolved is a package of its own from bookworm and noble on. */
export function releaseOf(suite: Suite, kernel: Kernel): Release {
  if (suite === 'bookworm' || suite === 'trixie') {
    const image = kernel === 'virtual' ? 'linux-image-cloud-amd64' : 'linux-image-amd64';
    return { ...DEBIAN, suite, packages: [...EVERYWHERE, 'systemd-resolved', image] };
  }
  const image = kernel === 'virtual' ? 'linux-image-virtual' : 'linux-image-generic';
  const resolved = suite === 'noble' ? ['systemd-resolved'] : [];
  return { ...UBUNTU, suite, packages: [...EVERYWHERE, ...resolved, image] };
}
