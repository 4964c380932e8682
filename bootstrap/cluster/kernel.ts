import type { Change } from '../change.ts';
import type { Host } from '../host/host.ts';

const modules = ['overlay', 'br_netfilter'];

/** The kernel as containers and their network need it, now and after a restart. */
export const kernelValues: readonly { readonly key: string; readonly value: string }[] = [
  { key: 'net.bridge.bridge-nf-call-iptables', value: '1' },
  { key: 'net.bridge.bridge-nf-call-ip6tables', value: '1' },
  { key: 'net.ipv4.ip_forward', value: '1' },
];

export function planKernel(): Change[] {
  return [
    ownFile('modules', '/etc/modules-load.d/60-conjurer-kubernetes.conf', modules),
    ownFile(
      'sysctl',
      '/etc/sysctl.d/60-conjurer-kubernetes.conf',
      kernelValues.map(({ key, value }) => `${key} = ${value}`),
    ),
    ...modules.map((module): Change => ({ kind: 'kernel-module', id: `module-${module}`, module })),
    ...kernelValues.map(({ key, value }): Change => ({ kind: 'sysctl', id: `sysctl-${key}`, key, value })),
  ];
}

/** null: this kernel has no such value. */
export async function kernelValue(key: string, { files }: Host): Promise<string | null> {
  return (await files.readText(`/proc/sys/${key.replaceAll('.', '/')}`))?.trim() ?? null;
}

function ownFile(id: string, path: string, lines: readonly string[]): Change {
  const content = `# Written by conjurer for Kubernetes.\n${lines.join('\n')}\n`;
  return { kind: 'file', id: `${id}-at-boot`, path, mode: 0o644, content };
}
