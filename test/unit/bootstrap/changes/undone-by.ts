import type { Change } from '../../../../bootstrap/change.ts';
import { fileChange } from '../../../../bootstrap/changes/file.ts';
import { secretFileChange } from '../../../../bootstrap/changes/secret-file.ts';
import { symlinkChange } from '../../../../bootstrap/changes/symlink.ts';
import { unitChange } from '../../../../bootstrap/changes/unit.ts';
import type { Host } from '../../../../bootstrap/host/host.ts';

/** Applies the undo of a change after a trip through the journal's JSON. */
export async function undoneBy(undo: readonly Change[], host: Host): Promise<void> {
  const signal = new AbortController().signal;
  for (const change of JSON.parse(JSON.stringify(undo)) as Change[]) {
    if (change.kind === 'file') await fileChange.apply(change, host, signal);
    else if (change.kind === 'symlink') await symlinkChange.apply(change, host, signal);
    else if (change.kind === 'secret-file') await secretFileChange.apply(change, host, signal);
    else if (change.kind === 'unit') await unitChange.apply(change, host, signal);
    else throw new Error(`no file change is undone by ${change.kind}`);
  }
}
