import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentError } from '../../bootstrap/errors.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';
import { measureSync } from '../../bootstrap/host/sync-time.ts';
import type { CheckContext } from '../../bootstrap/preflight/check.ts';
import { rootFreeCheck } from '../../bootstrap/preflight/checks/root-free.ts';
import { thresholdsOf } from '../../bootstrap/preflight/thresholds.ts';

/** Started in a mount namespace of its own: mounts a small disk in memory, fills it, and prints what is found each time. */
const [root = ''] = process.argv.slice(2);
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1100m,nr_inodes=2000', 'tmpfs', root]);
const host = localHost({ root });
const { signal } = new AbortController();
const thresholds = async () => thresholdsOf(null, { rootFreeGiB: 1 });
/** What this check reads of it. */
const context = { host, disk: host.files, thresholds, signal } as CheckContext;
const found: Record<string, unknown> = {};

found.empty = await rootFreeCheck.run(context);
mkdirSync(join(root, 'var/log'), { recursive: true });
writeFileSync(join(root, 'var/log/syslog'), Buffer.alloc(120 * 1024 * 1024));
found.short = await rootFreeCheck.run(context);
writeFileSync(join(root, 'var/log/syslog'), '');
for (let index = 0; index < 1850; index += 1) writeFileSync(join(root, `var/log/${index}`), '');
found.crowded = await rootFreeCheck.run(context);

const small = join(root, 'small');
mkdirSync(small);
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
found.full = await measureSync(small, { count: 1000, bytes: 2300, signal }).catch((error: unknown) =>
  error instanceof AgentError ? { code: error.code, message: error.message } : String(error),
);
process.stdout.write(JSON.stringify(found));
