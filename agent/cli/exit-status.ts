/** What an exit status says, and whether systemd starts conjurer again after it. A contract: none ever changes. */
export const exitStatuses: readonly { readonly status: number; readonly meaning: string; readonly restarts: string }[] =
  [
    { status: 0, meaning: 'done: handed off, or the command succeeded', restarts: 'no' },
    { status: 1, meaning: 'a bug in conjurer', restarts: 'yes' },
    { status: 2, meaning: 'wrong usage', restarts: 'no' },
    { status: 3, meaning: 'a blocking preflight check failed', restarts: 'no' },
    { status: 4, meaning: 'preflight passed with warnings, `preflight` only', restarts: '–' },
    { status: 5, meaning: 'components do not match the manifest, or a bundle not its own', restarts: 'no' },
    { status: 6, meaning: 'bundle written, but something could not be collected', restarts: '–' },
    { status: 20, meaning: 'waiting for approval, with `--no-wait` only', restarts: '–' },
    { status: 69, meaning: 'Controller unreachable until the deadline', restarts: 'yes' },
    { status: 75, meaning: 'temporary failure, or another run holds the lock', restarts: 'yes' },
    { status: 77, meaning: 'denied: registration denied, node banned, credentials revoked', restarts: 'no' },
    { status: 78, meaning: 'configuration, credentials or passphrase are wrong', restarts: 'no' },
    { status: 130, meaning: 'interrupted, resumable', restarts: '–' },
    { status: 143, meaning: 'terminated, resumable', restarts: 'yes' },
  ];

export function meaningOfStatus(status: number): string {
  return exitStatuses.find(entry => entry.status === status)?.meaning.replaceAll('`', '') ?? 'not documented';
}
