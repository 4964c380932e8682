import { requireTools } from '../../image/tool.ts';

/** Why no disk can be made or read for a test, null where it can. */
export function imageToolsMissing(): string | null {
  try {
    requireTools(['debugfs', 'e2fsck', 'mcopy', 'mke2fs', 'mkfs.fat', 'mmd', 'qemu-img', 'sfdisk', 'tar']);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
