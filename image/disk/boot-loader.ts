import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runTool } from '../tool.ts';

/** GRUB of the image's own release, for both kinds of firmware. */
export interface BootLoader {
  /** The first sector of the disk, as shipped. */
  readonly boot: Buffer;
  /** What it loads, from the BIOS boot partition. */
  readonly core: Buffer;
  /** EFI/BOOT/BOOTX64.EFI. */
  readonly efi: Buffer;
}

const FOR_BOTH = ['part_gpt', 'ext2', 'search_fs_uuid', 'normal', 'linux', 'configfile', 'serial', 'terminal', 'test'];

/** Makes it by the tools inside the tree, and puts GRUB's modules where the loader looks for more of them. */
export function makeBootLoader(root: string, rootUuid: string): BootLoader {
  const folder = mkdtempSync(join(root, 'tmp/grub-'));
  const inside = `/tmp/${basename(folder)}`;
  try {
    writeFileSync(join(folder, 'start.cfg'), `search.fs_uuid ${rootUuid} root\nset prefix=($root)/boot/grub\n`);
    const image = (platform: string, out: string, modules: readonly string[]): Buffer => {
      const config = ['-p', '/boot/grub', '-c', `${inside}/start.cfg`];
      runTool('chroot', [root, 'grub-mkimage', '-O', platform, '-o', `${inside}/${out}`, ...config, ...modules]);
      return readFileSync(join(folder, out));
    };
    for (const platform of ['i386-pc', 'x86_64-efi']) copyModules(root, platform);
    return {
      boot: readFileSync(join(root, 'usr/lib/grub/i386-pc/boot.img')),
      core: image('i386-pc', 'core.img', ['biosdisk', ...FOR_BOTH]),
      efi: image('x86_64-efi', 'BOOTX64.EFI', ['fat', ...FOR_BOTH]),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function copyModules(root: string, platform: string): void {
  const from = join(root, 'usr/lib/grub', platform);
  const to = join(root, 'boot/grub', platform);
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter(one => /\.(mod|lst)$/.test(one)))
    cpSync(join(from, name), join(to, name));
}
