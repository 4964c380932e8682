import type { Check, Finding } from './check.ts';
import type { Tree } from './tree.ts';

/** What the machine needs on its way from firmware to cloud-init. */
export const bootChecks: readonly Check[] = [
  {
    id: 'kernel',
    why: 'the machine would not start, or start another kernel than the one that was tested',
    fix: 'keep one kernel with its initrd, and run update-grub',
    find: findKernel,
  },
  {
    id: 'drivers',
    why: 'the machine would find no disk, no network or no CD with its inputs',
    fix: 'install a kernel that has them (npm run image -- --kernel generic)',
    find: tree =>
      kernels(tree).flatMap(kernel => {
        const has = modulesOf(tree, kernel);
        return DRIVERS.filter(driver => !has.has(driver)).map(seen => {
          return { where: `/lib/modules/${kernel}`, seen: `no ${seen}` };
        });
      }),
  },
  {
    id: 'root-by-uuid',
    why: 'the machine would look for its root under a name that another hypervisor gives to another disk',
    fix: 'root=UUID=… in /boot/grub/grub.cfg, UUID=… in /etc/fstab',
    find: findRootNames,
  },
  {
    id: 'foreign-routes',
    why: 'networkd would delete the routes of the pod network whenever it is restarted',
    fix: 'ManageForeignRoutes=no and ManageForeignRoutingPolicyRules=no, two lines of [Network] in /etc/systemd/networkd.conf.d',
    find: tree => {
      const own = tree.names('/etc/systemd/networkd.conf.d').filter(name => name.endsWith('.conf'));
      const files = ['/etc/systemd/networkd.conf', ...own.map(name => `/etc/systemd/networkd.conf.d/${name}`)];
      const text = files.map(path => tree.text(path) ?? '').join('\n');
      return ['ManageForeignRoutes', 'ManageForeignRoutingPolicyRules']
        .filter(key => !isNo(text, key))
        .map(key => ({ where: '/etc/systemd/networkd.conf.d', seen: `${key} is not "no"` }));
    },
  },
  {
    id: 'vmware-tools',
    why: 'on vSphere neither cloud-init nor conjurer could read guestinfo and the OVF environment of VMware',
    fix: 'apt-get install open-vm-tools',
    find: tree => {
      const seen = 'is missing';
      return tree.has('/usr/bin/vmtoolsd') ? [] : [{ where: '/usr/bin/vmtoolsd', seen }];
    },
  },
  {
    id: 'growing',
    why: 'the root would stay as small as the template, whatever disk the machine has',
    fix: 'apt-get install cloud-guest-utils fdisk e2fsprogs',
    find: tree =>
      [['growpart'], ['sfdisk', 'sgdisk'], ['resize2fs']]
        .filter(names => !names.some(name => BINARIES.some(directory => tree.has(`${directory}/${name}`))))
        .map(names => ({ where: '/usr', seen: `no ${names.join(' or ')}` })),
  },
];

const BINARIES = ['/usr/bin', '/usr/sbin', '/sbin', '/bin'];
/** vSphere: PVSCSI, VMXNET3, IDE and the CD of the OVF environment. QEMU: virtio. */
const DRIVERS = [
  ...['vmw_pvscsi', 'vmxnet3', 'ata_piix', 'sr_mod', 'isofs'],
  ...['virtio_blk', 'virtio_scsi', 'virtio_net', 'ext4'],
];

function kernels(tree: Tree): string[] {
  return tree
    .names('/boot')
    .filter(name => name.startsWith('vmlinuz-'))
    .map(name => name.slice('vmlinuz-'.length));
}

function findKernel(tree: Tree): Finding[] {
  const found = kernels(tree);
  const [kernel] = found;
  if (kernel === undefined || found.length > 1) return [{ where: '/boot', seen: `${found.length} kernels` }];
  const menu = tree.text('/boot/grub/grub.cfg') ?? '';
  const findings: Finding[] = [];
  if (!tree.has(`/boot/initrd.img-${kernel}`)) findings.push({ where: '/boot', seen: `no initrd of ${kernel}` });
  if (!menu.includes(`/boot/vmlinuz-${kernel} `)) {
    findings.push({ where: '/boot/grub/grub.cfg', seen: `does not start ${kernel}` });
  }
  return findings;
}

/** Names as the kernel has them: _ for -. Also those that are built in. */
function modulesOf(tree: Tree, kernel: string): Set<string> {
  const directory = `/lib/modules/${kernel}`;
  const lists = ['modules.builtin', 'modules.dep'].map(name => tree.text(`${directory}/${name}`) ?? '');
  const lines = lists.flatMap(text => text.split('\n'));
  return new Set(
    lines
      .map(line => /([^/:]+)\.ko(\.\w+)?(:|$)/.exec(line)?.[1])
      .filter(name => name !== undefined)
      .map(name => name.replaceAll('-', '_')),
  );
}

function findRootNames(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  const menu = tree.text('/boot/grub/grub.cfg') ?? '';
  for (const [, name] of menu.matchAll(/^\s*linux\s.*?\sroot=(\S+)/gm)) {
    if (!name?.startsWith('UUID=')) findings.push({ where: '/boot/grub/grub.cfg', seen: `root=${name}` });
  }
  const table = (tree.text('/etc/fstab') ?? '').split('\n').map(line => line.trim().split(/\s+/));
  const root = table.find(([, place]) => place === '/')?.[0];
  if (root === undefined) findings.push({ where: '/etc/fstab', seen: 'no line for /' });
  else if (!/^(UUID|LABEL|PARTUUID)=/.test(root)) findings.push({ where: '/etc/fstab', seen: `${root} on /` });
  return findings;
}

/** The last line of a key is the one in force. */
function isNo(text: string, key: string): boolean {
  const values = [...text.matchAll(new RegExp(`^\\s*${key}\\s*=\\s*(\\S+)`, 'gm'))].map(([, value]) => value);
  return /^(no|false|off|0)$/i.test(values.at(-1) ?? '');
}
