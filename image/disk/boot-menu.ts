import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeText } from '../rootfs/write-text.ts';

/** On screen and on the first serial port; where there is no serial port, the screen alone is the console. */
const CONSOLES = 'console=tty0 console=ttyS0,115200n8 panic=30';

/** Version of the one kernel of the tree, as in 6.1.0-56-cloud-amd64. Throws where there are several, or none. */
export function kernelOf(root: string): string {
  const versions = readdirSync(join(root, 'boot'))
    .filter(name => name.startsWith('vmlinuz-'))
    .map(name => name.slice('vmlinuz-'.length));
  const [version] = versions;
  if (version !== undefined && versions.length === 1) return version;
  throw new Error(`the image must hold one kernel, it holds ${versions.join(', ') || 'none'}`);
}

/** What GRUB shows and the root that the kernel mounts; `more`: further arguments of the kernel. After an update of the kernel update-grub writes it anew. */
export function writeBootMenu(root: string, name: string, rootUuid: string, more: readonly string[] = []): void {
  const kernel = kernelOf(root);
  writeText(
    root,
    '/boot/grub/grub.cfg',
    `set default=0
set timeout=1
insmod serial
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
search --no-floppy --fs-uuid --set=root ${rootUuid}
menuentry '${name}' {
  linux /boot/vmlinuz-${kernel} root=UUID=${rootUuid} ro ${[CONSOLES, ...more].join(' ')}
  initrd /boot/initrd.img-${kernel}
}
`,
  );
  writeText(root, '/etc/fstab', `UUID=${rootUuid} / ext4 defaults,errors=remount-ro 0 1\n`);
}
