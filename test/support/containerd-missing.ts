import { existsSync } from 'node:fs';

/** Why there can be no containerd for a test, null where there can. */
export function containerdMissing(): string | null {
  if (process.getuid?.() !== 0) return 'containerd runs as root only: run these tests as root';
  if (existsSync('/usr/bin/containerd') && existsSync('/usr/bin/ctr')) return null;
  return 'containerd is not installed: apt-get install --no-install-recommends containerd';
}
