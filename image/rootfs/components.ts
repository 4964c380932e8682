import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { declareKubernetes } from '../kubernetes/declare.ts';
import type { InstalledKubernetes } from '../kubernetes/install.ts';
import { FILES, UNITS } from './install-conjurer.ts';
import { readInstallList } from './lay-files.ts';
import { OPERATOR_UNIT } from './operator.ts';

export interface ComponentsOptions {
  readonly root: string;
  /** clusterimage-r-v1.3.0 */
  readonly image: string;
  /** Of conjurer, as its --version says. */
  readonly conjurerVersion: string;
  /** The operator is the reference one, whose parts are known. */
  readonly referenceOperator: boolean;
  /** null: the image is for an operator that brings its own. */
  readonly kubernetes: InstalledKubernetes | null;
}

type Entry = Readonly<Record<string, unknown>>;

const ALONE = { cpu: 2, memoryMiB: 2048, diskGiB: 8, kernel: '4.15' };
const WITH_CLUSTER = { cpu: 2, memoryMiB: 3072, diskGiB: 12, kernel: '4.15' };

/** Packages that a machine cannot do without on its way to hand-off. */
const PACKAGES = [
  'chrony',
  'cloud-init',
  'containerd',
  'iptables',
  'netplan.io',
  'open-vm-tools',
  'openssh-server',
  'systemd',
];

/** components.yaml: what the image declares of itself (docs/components.md); conjurer measures and signs it. */
export function componentsYaml(options: ComponentsOptions): string {
  const { root, image, conjurerVersion, referenceOperator } = options;
  const cluster = options.kubernetes === null ? null : declareKubernetes(options.kubernetes);
  const conjurer = { name: 'conjurer', group: 'os', kind: 'binary', path: '/usr/bin/conjurer' };
  return stringify({
    schema: 'conjurer.components/v1',
    image,
    arch: 'amd64',
    ...(cluster === null ? {} : { kubernetes: cluster.kubernetes }),
    requirements: cluster === null ? ALONE : WITH_CLUSTER,
    components: [
      { ...conjurer, version: conjurerVersion, versionCommand: ['/usr/bin/conjurer', '--version'] },
      ...readInstallList(UNITS).map(({ source, path, enabled }) => {
        if (enabled === null) return script(source, path, conjurerVersion);
        return { name: source, group: 'os', kind: 'systemd-unit', unit: source, path, enabled };
      }),
      ...readInstallList(FILES)
        .filter(({ path }) => isConfig(path))
        .map(config),
      ...(cluster?.components ?? [config({ source: 'containerd', path: '/etc/containerd/config.toml' })]),
      ...PACKAGES.map(name => ({ name: `package-${name}`, group: 'os', kind: 'package', package: name })),
      ...(referenceOperator ? operatorEntries(root, conjurerVersion) : []),
    ],
    closed: [
      { path: '/etc/conjurer/trust.d', allow: ['builder.pem'] },
      ...(cluster?.closed ?? [{ path: '/etc/kubernetes/manifests' }]),
    ].filter(({ path }) => existsSync(join(root, path))),
  });
}

function script(name: string, path: string, version: string): Entry {
  return { name, group: 'os', kind: 'binary', path, version };
}

/** conjurer.yaml is the site's to change; what hooks into others is not. */
function isConfig(path: string): boolean {
  return path.startsWith('/etc/cloud/cloud.cfg.d/') || path.startsWith('/etc/systemd/');
}

function config({ source, path }: { readonly source: string; readonly path: string }): Entry {
  const format = path.endsWith('.toml') ? 'toml' : 'text';
  return { name: `config-${source}`, group: 'os', kind: 'config', path, format, role: 'other' };
}

function operatorEntries(root: string, version: string): Entry[] {
  const group = 'operator';
  const path = `/usr/lib/systemd/system/${OPERATOR_UNIT}`;
  if (!existsSync(join(root, path))) throw new Error(`the image has no ${path}`);
  return [
    { name: 'k8s-mgmt-operator', group, kind: 'systemd-unit', unit: OPERATOR_UNIT, path, enabled: true },
    ...['node', 'operator.mjs'].map(file => {
      return { name: `operator-${file}`, group, kind: 'binary', path: `/usr/lib/k8s-mgmt-operator/${file}`, version };
    }),
  ];
}
