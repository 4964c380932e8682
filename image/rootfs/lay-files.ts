import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A line of an install.list: a file of its folder, and where the image has it. */
export interface LaidFile {
  readonly source: string;
  readonly mode: number;
  /** As the machine sees it. */
  readonly path: string;
  /** Of a unit: whether it is enabled in the image; null for what is no unit. */
  readonly enabled: boolean | null;
}

/** What the install.list of a folder says, in its order. Throws where a line cannot be read. */
export function readInstallList(folder: string): LaidFile[] {
  return readFileSync(join(folder, 'install.list'), 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => {
      const [source, mode, path, enabled] = line.trim().split(/\s+/);
      if (source === undefined || !/^0[0-7]{3}$/.test(mode ?? '') || !path?.startsWith('/')) {
        throw new Error(`${folder}/install.list: not FILE MODE PATH [enabled|no|-]: ${line}`);
      }
      const unit = enabled === 'enabled' || enabled === 'no';
      return { source, mode: Number.parseInt(mode ?? '', 8), path, enabled: unit ? enabled === 'enabled' : null };
    });
}

/** Copies them into the root directory, with exactly these modes. */
export function layFiles(folder: string, root: string): LaidFile[] {
  const files = readInstallList(folder);
  for (const { source, mode, path } of files) layFile(join(folder, source), root, path, mode);
  return files;
}

export function layFile(source: string, root: string, path: string, mode: number): void {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, mode);
}
