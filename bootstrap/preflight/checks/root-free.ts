import { parseDf } from '../../facts/mounts.ts';
import type { CheckContext } from '../check.ts';
import { type Check, pass, skip, unknown } from '../check.ts';
import { nearestExisting } from '../nearest.ts';

const GIB = 1024 ** 3;
const imagePlaces = ['/var/lib/containerd', '/var/lib/kubelet'];
const otherPlaces = ['/', '/var/lib/conjurer', '/var/lib/etcd', '/var/log'];
const OTHER_FREE_BYTES = GIB / 2;
/** Of all inodes; kubelet evicts pods below 5 %. */
const LEAST_INODES = 0.1;

/** Of a disk that is mounted, too; a directory on somebody's own disk says nothing about the machine it stands for. */
export const rootFreeCheck: Check = {
  id: 'root-free',
  async run(context) {
    const imageMounts = await mountsOf(context, imagePlaces);
    const otherMounts = await mountsOf(context, otherPlaces);
    if (imageMounts === null || otherMounts === null) return unknown('df gives no answer');
    const mounts = new Map([...otherMounts, ...imageMounts]);
    if (mounts.size === 0) return skip(`${context.host.root} is a directory on another machine's disk`);
    const { rootFreeGiB } = await context.thresholds();
    const required = `${rootFreeGiB} GiB free where images are kept, ${OTHER_FREE_BYTES / GIB} GiB elsewhere, ${100 * LEAST_INODES} % of the inodes`;
    const short = [...mounts].filter(([path, { free, inodes }]) => {
      const least = imageMounts.has(path) ? rootFreeGiB * GIB : OTHER_FREE_BYTES;
      return free < least || (inodes !== null && inodes < LEAST_INODES);
    });
    const observed = [...mounts].map(([path, seen]) => `${path}: ${textOf(seen)}`).join('; ');
    if (short.length === 0) return pass(observed, required);
    const [first] = short.map(([path]) => path);
    return {
      status: 'fail',
      observed,
      required,
      fix: `du -xh ${first} | sort -h | tail; make room or enlarge the disk`,
    };
  },
};

/** `inodes`: the free share of all; null: the file system makes them as it needs them. */
interface Space {
  readonly free: number;
  readonly inodes: number | null;
}

/** File systems by mount point, as the machine itself sees it; null: there is no df. */
async function mountsOf({ host, disk, signal }: CheckContext, places: readonly string[]) {
  const base = host.root === '/' ? '' : host.root;
  const paths = await Promise.all(places.map(place => nearestExisting(disk, place)));
  const real = [...new Set(paths)].map(path => `${base}${path}`);
  const [blocks, inodes] = await Promise.all([
    host.run(['df', '-kP', '--', ...real], { timeoutMs: 3_000, signal }),
    host.run(['df', '-iP', '--', ...real], { timeoutMs: 3_000, signal }),
  ]);
  const sizes = parseDf(blocks.stdout);
  if (sizes.size === 0) return null;
  const counts = parseDf(inodes.stdout);
  const found = new Map<string, Space>();
  for (const [path, { freeBytes }] of sizes) {
    if (base !== '' && path !== base && !path.startsWith(`${base}/`)) continue;
    const count = counts.get(path);
    const share = count === undefined || count.sizeBytes === 0 ? null : count.freeBytes / count.sizeBytes;
    found.set(path.slice(base.length) || '/', { free: freeBytes, inodes: share });
  }
  return found;
}

function textOf({ free, inodes }: Space): string {
  const share = inodes === null ? '' : `, ${Math.floor(100 * inodes)} % of the inodes`;
  return `${(free / GIB).toFixed(1)} GiB free${share}`;
}
