import type { Host } from '../host/host.ts';

const folders = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];

/** Whether this machine has a unit of that name: told by its file, which also a tree that is not booted has. */
export async function hasUnit({ files }: Host, unit: string): Promise<boolean> {
  const found = await Promise.all(folders.map(folder => files.stat(`${folder}/${unit}`)));
  return found.some(info => info !== null);
}
