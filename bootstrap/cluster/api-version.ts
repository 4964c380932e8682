/** A version in three numbers. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** "v1.20.2", "1.20.2+debian"; null: it is none. */
export function parseVersion(text: string): Version | null {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text.trim()) ?? [];
  return patch === undefined ? null : { major: Number(major), minor: Number(minor), patch: Number(patch) };
}

export type ApiVersion = 'v1beta2' | 'v1beta3' | 'v1beta4';

/** The newest version of kubeadm's configuration that this kubeadm reads without a warning; null: it is too old. */
export function apiVersionOf({ major, minor }: Version): ApiVersion | null {
  if (major !== 1 || minor < 15) return null;
  if (minor < 22) return 'v1beta2';
  return minor < 31 ? 'v1beta3' : 'v1beta4';
}
