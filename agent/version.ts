/** What this program is: printed by `--version --json`, sent as `agentVersion`. */
export interface Version {
  /** MAJOR.MINOR.PATCH. */
  readonly version: string;
  /** 12 hex digits, with `-dirty` where the tree differed from the commit; `unknown` for a build without git, `source` unbuilt. */
  readonly commit: string;
  /** Time of the commit, RFC 3339 in UTC with seconds; null where there is none. */
  readonly builtAt: string | null;
  /** Version of the Node inside. */
  readonly node: string;
  /** Controller protocol. */
  readonly protocol: 1;
  readonly handoffDrivers: readonly ['systemd', 'kubeadm'];
}

/** Replaced by the build (build/bundle.ts) with what it knows of the commit; absent when run from source. */
declare const CONJURER_STAMP: Pick<Version, 'version' | 'commit' | 'builtAt'> | undefined;

/** Of package.json, for a run from source; a test holds the two together. */
const FROM_SOURCE = { version: '0.1.0', commit: 'source', builtAt: null } as const;

/** Imports nothing, so that `--version` answers at once. */
export const version: Version = {
  ...(typeof CONJURER_STAMP === 'undefined' ? FROM_SOURCE : CONJURER_STAMP),
  node: process.versions.node,
  protocol: 1,
  handoffDrivers: ['systemd', 'kubeadm'],
};
