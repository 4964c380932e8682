import { mountOf, parseMountinfo } from '../../facts/mounts.ts';
import { hint } from '../../facts/text.ts';
import { type Check, type CheckContext, pass } from '../check.ts';
import { nearestExisting } from '../nearest.ts';

/** Programs are started from the first; kubelet and etcd lose their way where theirs is a link. */
const directories = ['/var/lib/containerd', '/var/lib/kubelet', '/var/lib/etcd', '/var/lib/conjurer'];
const executed = ['/var/lib/containerd', '/var/lib/kubelet'];

export const dataDirCheck: Check = {
  id: 'data-dir',
  async run(context) {
    const problems = [...(await links(context)), ...(await mounts(context))];
    const [first] = problems;
    if (first === undefined) return pass(directories.join(', '));
    return { status: 'fail', observed: problems.map(({ what }) => what).join('; '), fix: first.fix };
  },
};

interface Problem {
  readonly what: string;
  readonly fix: string;
}

async function links({ disk }: CheckContext): Promise<Problem[]> {
  const targets = await Promise.all(directories.map(path => hint(disk.readlink(path))));
  return directories.flatMap((path, index) => {
    const target = targets[index] ?? null;
    const fix = `mount the other disk at ${path} (or bind mount its directory) instead of a link`;
    return target === null ? [] : [{ what: `${path} is a symlink to ${target}`, fix }];
  });
}

/** Of the system that runs; how the disk of another one will be mounted, its fstab alone knows. */
async function mounts({ host, disk, running, signal }: CheckContext): Promise<Problem[]> {
  const text = running === null ? null : await hint(running.readText('/proc/self/mountinfo'));
  const lines = parseMountinfo(text ?? '');
  const problems: Problem[] = [];
  for (const path of directories) {
    const mount = mountOf(await nearestExisting(disk, path), lines);
    if (mount === null) continue;
    const { options, filesystem, path: at } = mount;
    if (options.includes('ro')) {
      problems.push({ what: `${path} is on ${at}, mounted read-only`, fix: `dmesg | tail; mount -o remount,rw ${at}` });
    }
    if (options.includes('noexec') && executed.includes(path)) {
      problems.push({ what: `${path} is on ${at}, mounted noexec`, fix: `take noexec of ${at} out of /etc/fstab` });
    }
    if (filesystem !== 'xfs' || path !== '/var/lib/containerd') continue;
    const { stdout } = await host.run(['xfs_info', at], { timeoutMs: 2_000, signal });
    if (/\bftype=0\b/.test(stdout)) {
      problems.push({ what: `${at} is xfs with ftype=0`, fix: `make ${at} anew: mkfs.xfs -n ftype=1` });
    }
  }
  return problems;
}
