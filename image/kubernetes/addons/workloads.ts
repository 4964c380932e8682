import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operatorFiles } from './operator-files.ts';
import type { ImageFile, WorkloadImage, WorkloadManifest } from './workload-image.ts';

const here = import.meta.dirname;
const NOBODY = '65534:65534';
const ROOT = '0:0';
const USERS: readonly ImageFile[] = [
  { path: '/etc/passwd', mode: 0o644, content: 'root:x:0:0::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n' },
  { path: '/etc/group', mode: 0o644, content: 'root:x:0:\nnogroup:x:65534:\n' },
];
/** busybox is one static program; the scripts of the images need a shell. */
const SHELL: readonly ImageFile[] = ['sh', 'mkdir', 'mv', 'sed'].map(name => {
  return { path: `/bin/${name}`, target: 'busybox' };
});

/** The reference operator and the three addons of the reference image. */
export const workloadImages: readonly WorkloadImage[] = [
  {
    name: 'k8s-mgmt-operator',
    group: 'operator',
    ref: 'conjurer.local/k8s-mgmt-operator:1.4.0',
    packages: ['libc6', 'libgcc-s1', 'libstdc++6'],
    files: async () => [...USERS, ...(await operatorFiles())],
    entrypoint: ['/usr/lib/k8s-mgmt-operator/node', '/usr/lib/k8s-mgmt-operator/operator.mjs'],
    user: NOBODY,
  },
  {
    name: 'monitoring',
    group: 'addon',
    ref: 'conjurer.local/monitoring:1.0.0',
    packages: ['libc6', 'prometheus-node-exporter'],
    files: async () => USERS,
    entrypoint: ['/usr/bin/prometheus-node-exporter'],
    user: NOBODY,
  },
  {
    name: 'logging',
    group: 'addon',
    ref: 'conjurer.local/logging:1.0.0',
    packages: [
      ...['busybox-static', 'libc6', 'libcap2', 'libestr0', 'libfastjson4', 'libgcc-s1', 'libgcrypt20'],
      ...[
        'libgpg-error0',
        'liblognorm5',
        'liblz4-1',
        'liblzma5',
        'libpcre2-8-0',
        'libsystemd0',
        'libuuid1',
        'libzstd1',
      ],
      ...['rsyslog', 'zlib1g'],
    ],
    files: async () => [
      ...USERS,
      ...SHELL,
      laid('logging/rsyslog.conf', '/etc/logging/rsyslog.conf', 0o644),
      laid('logging/rotate', '/usr/lib/logging/rotate', 0o755),
    ],
    entrypoint: ['/usr/sbin/rsyslogd', '-n', '-f', '/etc/logging/rsyslog.conf', '-i', 'NONE'],
    user: ROOT,
  },
  {
    name: 'ingress',
    group: 'addon',
    ref: 'conjurer.local/ingress:1.0.0',
    packages: [...['busybox-static', 'libc6', 'libcrypt1', 'libpcre2-8-0', 'libssl3', 'nginx', 'openssl', 'zlib1g']],
    files: async () => [
      ...USERS,
      ...SHELL,
      laid('ingress/ingress.conf', '/etc/ingress/ingress.conf', 0o644),
      laid('ingress/backend.conf', '/etc/ingress/backend.conf', 0o644),
      laid('ingress/start', '/usr/lib/ingress/start', 0o755),
    ],
    entrypoint: ['/usr/lib/ingress/start'],
    user: ROOT,
  },
];

/** What is applied for each of them, in the order of their names. */
export const workloadManifests: readonly WorkloadManifest[] = workloadImages.flatMap(({ name, group }) =>
  readdirSync(join(here, name))
    .filter(file => file.endsWith('.yaml'))
    .sort()
    .map(file => {
      return { name, group, source: join(here, name, file), path: `/usr/share/conjurer/manifests/${name}/${file}` };
    }),
);

function laid(source: string, path: string, mode: number): ImageFile {
  return { path, mode, content: readFileSync(join(here, source)) };
}
