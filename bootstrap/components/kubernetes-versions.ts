import { type CheckContext, type Finding, finding } from './finding.ts';
import type { BinaryComponent, Component, ContainerdImageComponent, Manifest } from './manifest.ts';

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

const controlPlane = new Set(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']);

/**
 * Whether the Kubernetes parts of an image go together: by Kubernetes' rules of version skew, and, at depth `deep`, by
 * what kubeadm itself says it needs. Each finding is of the part that does not fit; [] where all do.
 */
export async function checkKubernetesVersions(context: CheckContext): Promise<Finding[]> {
  return [...findSkew(context.manifest), ...(await findUnloaded(context))];
}

/** By the versions that the manifest declares, which the other checks prove. */
export function findSkew({ kubernetes, components }: Manifest): Finding[] {
  if (kubernetes === null) return [];
  const server = parseVersion(kubernetes.version);
  if (server === null) return [];
  return components.flatMap(component => {
    if (component.kind === 'containerd-image') return imageSkew(component, kubernetes.version);
    return component.kind === 'binary' ? binarySkew(component, server) : [];
  });
}

function imageSkew(component: ContainerdImageComponent, wanted: string): Finding[] {
  const name = /([^/:@]+):v?([^:/@]+)(?:@.*)?$/.exec(component.ref);
  const [, repository = '', tag = ''] = name ?? [];
  if (!controlPlane.has(repository) || tag === wanted) return [];
  return [
    finding(component, 'altered', 'kubernetes-version-differs', {
      observed: component.ref,
      expected: `${repository}:v${wanted}, the version that kubeadm is told to set up`,
      fix: 'the image builder preloads the images of one Kubernetes version',
    }),
  ];
}

function binarySkew(component: BinaryComponent, server: Version): Finding[] {
  const version = parseVersion(component.version);
  const program = component.path.slice(component.path.lastIndexOf('/') + 1);
  const rule = rules[program];
  if (rule === undefined || version === null) return [];
  const { newest, oldest } = rule(server);
  const fits = version.major === server.major && version.minor <= newest && version.minor >= oldest;
  if (fits) return [];
  const range =
    newest === oldest ? `${server.major}.${newest}` : `${server.major}.${oldest} to ${server.major}.${newest}`;
  return [
    finding(component, 'altered', 'version-skew', {
      observed: `${program} ${component.version}`,
      expected: `${range} beside Kubernetes ${server.major}.${server.minor}`,
      fix: `the image builder takes a ${program} of that version`,
    }),
  ];
}

/** The minor versions that may stand beside an API server (kubernetes.io, Version Skew Policy). */
const rules: Readonly<Record<string, (server: Version) => { readonly newest: number; readonly oldest: number }>> = {
  // Three minor versions back since 1.28, two before.
  kubelet: ({ minor }) => ({ newest: minor, oldest: minor - (minor >= 28 ? 3 : 2) }),
  kubeadm: ({ minor }) => ({ newest: minor + 1, oldest: minor }),
  kubectl: ({ minor }) => ({ newest: minor + 1, oldest: minor - 1 }),
};

/** kubeadm names the images that it will ask for; without a version it would look for one on the network. */
async function findUnloaded({ host, manifest, depth, hash, signal }: CheckContext): Promise<Finding[]> {
  const { kubernetes, components } = manifest;
  const kubeadm = components.find(isKubeadm);
  if (depth !== 'deep' || kubernetes === null || kubeadm === undefined) return [];
  // What is not the declared program is never run; that it is not, its own check says.
  if ((await hash(kubeadm.path).catch(() => null))?.sha256 !== kubeadm.sha256) return [];
  const program = `${host.root === '/' ? '' : host.root}${kubeadm.path}`;
  const version = `v${kubernetes.version}`;
  const argv = [program, 'config', 'images', 'list', '--kubernetes-version', version] as const;
  const result = await host.run(argv, { timeoutMs: 30_000, signal });
  signal.throwIfAborted();
  const named = result.stdout.split('\n').filter(line => /^\S+\/\S+:\S+$/.test(line));
  if (result.status !== 0 || named.length === 0) {
    const observed = result.missing ? 'it cannot be run' : result.stderr.trim().slice(0, 500) || 'it names no image';
    const fix = argv.join(' ');
    return [
      finding(kubeadm, 'could-not-tell', 'kubeadm-images-unknown', { observed, expected: 'a list of images', fix }),
    ];
  }
  const preloaded = new Set(components.flatMap(one => (one.kind === 'containerd-image' ? [one.ref] : [])));
  return named
    .filter(ref => !preloaded.has(ref))
    .map(ref => {
      const observed = closest(ref, preloaded) ?? 'no image of that name';
      if (nameServer.test(ref)) {
        const expected = `${ref}, or a cluster without it: its phase of kubeadm is skipped`;
        return finding(kubeadm, 'note', 'kubeadm-image-not-preloaded', { observed, expected });
      }
      const fix = `the image builder preloads ${ref}, or sets imageRepository and versions in kubeadm's configuration`;
      return finding(kubeadm, 'missing', 'kubeadm-image-not-preloaded', { observed, expected: ref, fix });
    });
}

const nameServer = /\/coredns:/;

function isKubeadm(component: Component): component is BinaryComponent {
  return component.kind === 'binary' && component.path.endsWith('/kubeadm');
}

/** What was preloaded in its place: the same image with another tag, or from another registry. */
function closest(ref: string, preloaded: ReadonlySet<string>): string | null {
  const name = (one: string) => one.slice(one.lastIndexOf('/') + 1).replace(/:.*$/, '');
  return [...preloaded].find(one => name(one) === name(ref)) ?? null;
}

function parseVersion(text: string): Version | null {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  return patch === undefined ? null : { major: Number(major), minor: Number(minor), patch: Number(patch) };
}
