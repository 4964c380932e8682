import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../tool.ts';
import type { Archive } from './packages.ts';

/** Kubernetes' programs and pause, built from Debian's source package. */
export interface Programs {
  /** Holds kubeadm, kubectl, kubelet, kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy and pause. */
  readonly directory: string;
  /** "1.20.2" */
  readonly version: string;
}

/** The release whose source package this is: the last of Debian with one that carries what it is built from. */
export const KUBERNETES_SUITE = 'bookworm';

const RECIPE = join(import.meta.dirname, 'build-kubernetes.sh');
const PACKAGES = [
  ...['ca-certificates', 'dpkg-dev', 'gcc', 'git', 'golang-1.19-go', 'golang-github-modern-go-reflect2-dev'],
  ...['libc6-dev', 'make', 'patch', 'rsync', 'xz-utils'],
];

/**
 * Built in a Debian of its own that is gone afterwards (ten minutes on two cores), and kept under the digest of recipe and
 * packages. Needs root, and a mount of /proc in there, which mmdebstrap makes.
 */
export function preparePrograms(archive: Archive, log: (line: string) => void): Programs {
  const { sources, cacheDir, fresh } = archive;
  const recipe = readFileSync(RECIPE);
  const key = createHash('sha256').update(recipe).update(JSON.stringify(PACKAGES)).digest('hex');
  const directory = join(cacheDir, `kubernetes-${key.slice(0, 16)}`);
  if (fresh || !existsSync(directory)) {
    log('Kubernetes from its source package: ten minutes and more');
    build(directory, { ...archive, sources: [...sources, ...sources.map(line => line.replace(/^deb\b/, 'deb-src'))] });
  }
  return { directory, version: versionOf(readFileSync(join(directory, 'version'), 'utf8').trim()) };
}

function build(directory: string, { sources, keyring, cacheDir }: Archive): void {
  mkdirSync(cacheDir, { recursive: true });
  const out = mkdtempSync(join(cacheDir, '.kubernetes-'));
  try {
    runTool(
      'mmdebstrap',
      [
        ...['--mode=root', '--variant=minbase', '--architectures=amd64', '--format=null', `--keyring=${keyring}`],
        `--include=${PACKAGES.join(',')}`,
        `--customize-hook=upload ${RECIPE} /build-kubernetes.sh`,
        '--customize-hook=chroot "$1" sh /build-kubernetes.sh',
        `--customize-hook=sync-out /out ${out}`,
        ...[KUBERNETES_SUITE, '/dev/null', '-'],
      ],
      { input: sources.join('\n'), env: { TMPDIR: cacheDir, DEBIAN_FRONTEND: 'noninteractive' } },
    );
    rmSync(directory, { recursive: true, force: true });
    renameSync(out, directory);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Of a Debian version: 1.20.5+really1.20.2-1.1 is 1.20.2. */
export function versionOf(debian: string): string {
  const version = /^(?:\d+:)?(?:.*really)?(\d+\.\d+\.\d+)/.exec(debian)?.[1];
  if (version === undefined) throw new Error(`${debian} is no version of Kubernetes`);
  return version;
}
