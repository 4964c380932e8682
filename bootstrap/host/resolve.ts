import type { Disk } from './disk.ts';
import { isAbsent } from './file-error.ts';

const maxLinks = 40;

/**
 * The real path of a path under `root`, as the machine in that tree would see it: an absolute symlink starts again at
 * the root and `..` never leaves it. `follow` says whether a symlink at the end is followed too. From the first part
 * that does not exist on, the path is taken as it stands.
 */
export async function resolveInRoot(disk: Disk, root: string, path: string, follow: boolean): Promise<string> {
  const rest = parts(path);
  const before = follow ? rest : rest.slice(0, -1);
  if (!rest.includes('..') && (await disk.isStraight?.(join(root, before))) === true) return join(root, rest);
  const real: string[] = [];
  for (let links = 0; rest.length > 0; ) {
    const part = rest.shift() as string;
    if (part === '..') {
      real.pop();
      continue;
    }
    real.push(part);
    if (rest.length === 0 && !follow) break;
    const target = await linkTarget(disk, join(root, real));
    if (target === null) continue;
    links += 1;
    if (links > maxLinks) throw Object.assign(new Error(`too many symbolic links: ${path}`), { code: 'ELOOP' });
    if (target.startsWith('/')) real.length = 0;
    else real.pop();
    rest.unshift(...parts(target));
  }
  return join(root, real);
}

async function linkTarget(disk: Disk, path: string): Promise<string | null> {
  try {
    return (await disk.lstat(path)).type === 'symlink' ? await disk.readlink(path) : null;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

function parts(path: string): string[] {
  return path.split('/').filter(part => part !== '' && part !== '.');
}

function join(root: string, real: readonly string[]): string {
  return `${root === '/' ? '' : root}/${real.join('/')}`;
}
