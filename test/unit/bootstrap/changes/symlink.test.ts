import { expect, test } from 'vitest';
import type { SymlinkChange } from '../../../../bootstrap/change.ts';
import { symlinkChange } from '../../../../bootstrap/changes/symlink.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';
import { undoneBy } from './undone-by.ts';

const signal = new AbortController().signal;
const zone: SymlinkChange = { kind: 'symlink', id: 'zone', path: '/etc/localtime', target: '/usr/share/zoneinfo/UTC' };

test.each<[string, string | null, string | null]>([
  ['nothing', null, null],
  ['a file', 'TZif', null],
  ['another symlink', null, '/usr/share/zoneinfo/Etc/GMT'],
])('takes the place of %s and gives it back', async (_name, content, target) => {
  const host = localHost({ root: await temporaryTree() });
  if (content !== null) await host.files.write(zone.path, content, 0o644);
  if (target !== null) await host.files.symlink(target, zone.path);
  expect(await symlinkChange.isDone(zone, host)).toBe(false);
  const undo = await symlinkChange.undo(zone, host);
  await symlinkChange.apply(zone, host, signal);
  expect(await symlinkChange.isDone(zone, host)).toBe(true);
  await undoneBy(undo, host);
  expect(await host.files.readlink(zone.path)).toBe(target);
  expect(await host.files.readText(zone.path)).toBe(content);
});
