import { createHash } from 'node:crypto';
import type { Make } from '../collector.ts';
import { manifestOf } from './image-manifest.ts';

const directory = '/etc/kubernetes/manifests';

/** Each static pod with its hash, and what the image's manifest says that it should be. */
export const staticPodsText: Make = async ({ host: { files } }) => {
  const names = (await files.list(directory)) ?? [];
  const manifest = await manifestOf(files);
  const declared = new Map<string, string>();
  for (const component of manifest?.components ?? []) {
    if ((component.kind === 'manifest-bundle' || component.kind === 'binary') && component.path.startsWith(directory)) {
      declared.set(component.path, component.sha256);
    }
  }
  const paths = new Set([...names.map(name => `${directory}/${name}`), ...declared.keys()]);
  if (paths.size === 0) return null;
  const lines: string[] = [];
  for (const path of [...paths].toSorted()) {
    const content = await files.read(path);
    const sha256 = content === null ? null : createHash('sha256').update(content).digest('hex');
    lines.push(`${path}\n  here ${sha256 ?? 'missing'}\n  image ${verdict(declared.get(path), sha256)}`);
  }
  return `${lines.join('\n')}\n`;
};

function verdict(wanted: string | undefined, found: string | null): string {
  if (wanted === undefined) return 'says nothing of it: made on this machine, as by kubeadm';
  return wanted === found ? `${wanted}: the same` : `${wanted}: DIFFERENT`;
}
