import { basename, dirname } from 'node:path';
import type { Change, ChangeKind, ComponentFileChange, ComponentRestoreChange, ImportedImage } from '../change.ts';
import { download, type FetchFrom } from '../components/updates/download.ts';
import { readOverlay, writeOverlay } from '../components/updates/overlay.ts';
import { openHashPool } from '../host/hash-pool.ts';
import type { Host } from '../host/host.ts';

/**
 * A component's file is the one that the signed configuration names, and the overlay says so. It is fetched beside its
 * place, since only there is a rename sure to be one step; the old file keeps a second name until the hand-off.
 */
export function componentFileKind(fetch: FetchFrom): ChangeKind<ComponentFileChange> {
  return {
    async isDone(change, host) {
      const entry = (await readOverlay(host.files)).find(one => one.component === change.component);
      const info = await host.files.stat(change.path);
      if (entry?.sha256 !== change.sha256 || info?.mode !== change.mode || info.size !== change.size) return false;
      return (await hashOf(change.path, host)) === change.sha256;
    },

    async apply(change, host, signal) {
      const { component, version, sha256, size, path, images } = change;
      const staged = stagedPath(change);
      await removeOtherStaged(change, host);
      const present = await hashOf(path, host);
      if (present !== sha256) {
        await download(change, staged, { host, fetch, signal });
        if (present !== null) await host.files.link(path, oldPath(path, present));
        await host.files.rename(staged, path);
      }
      await host.files.remove(staged);
      await writeOverlay(host.files, component, { component, path, version, sha256, size, images });
    },

    async undo({ id, component, path, imported }, host) {
      const entry = (await readOverlay(host.files)).find(one => one.component === component) ?? null;
      const sha256 = await hashOf(path, host);
      const restore: Change = { kind: 'component-restore', id, component, path, sha256, entry };
      return sha256 === null ? [restore] : [restore, ...imported.flatMap(image => importOf(image, path, sha256))];
    },
  };
}

/** What a component's update replaced is in its place again. It has no undo: the update can be fetched again. */
export const componentRestoreKind: ChangeKind<ComponentRestoreChange> = {
  async isDone({ component, path, sha256, entry }, host) {
    const present = await hashOf(path, host);
    if (present !== sha256) return sha256 !== null && (await host.files.stat(oldPath(path, sha256))) === null;
    const now = (await readOverlay(host.files)).find(one => one.component === component) ?? null;
    return now?.sha256 === entry?.sha256;
  },

  async apply({ component, path, sha256, entry }, host) {
    if (sha256 === null) await host.files.remove(path);
    else {
      const old = oldPath(path, sha256);
      if ((await hashOf(path, host)) !== sha256) await host.files.rename(old, path);
      // Where the cut came before the rename, the second name is still there.
      await host.files.remove(old);
    }
    await writeOverlay(host.files, component, entry);
  },

  undo: async () => [],
};

/** Gives up what updates have replaced: once the machine is handed off, nobody goes back to it. */
export async function removeReplaced(host: Host): Promise<void> {
  for (const { path } of await readOverlay(host.files)) {
    const directory = dirname(path);
    const names = (await host.files.list(directory)) ?? [];
    for (const name of names.filter(one => isNamed(one, 'old', path))) await host.files.remove(`${directory}/${name}`);
  }
}

/** The archive is the old one again by then. */
function importOf({ socket, ref, digest, labels }: ImportedImage, archive: string, sha256: string): Change[] {
  return [
    { kind: 'image-import', id: `image-${ref}`, socket, ref, digest, archive, sha256 },
    { kind: 'image-labels', id: `labels-${ref}`, socket, ref, labels },
  ];
}

function oldPath(path: string, sha256: string): string {
  return `${dirname(path)}/.conjurer-old.${sha256.slice(0, 16)}.${basename(path)}`;
}

function stagedPath({ path, sha256 }: ComponentFileChange): string {
  return `${dirname(path)}/.conjurer-new.${sha256.slice(0, 16)}.${basename(path)}`;
}

/** What was begun for an update that is no longer wanted. */
async function removeOtherStaged(change: ComponentFileChange, { files }: Host): Promise<void> {
  const directory = dirname(change.path);
  for (const name of (await files.list(directory)) ?? []) {
    const path = `${directory}/${name}`;
    if (isNamed(name, 'new', change.path) && path !== stagedPath(change)) await files.remove(path);
  }
}

function isNamed(name: string, what: 'old' | 'new', path: string): boolean {
  const prefix = `.conjurer-${what}.`;
  return name.startsWith(prefix) && name.slice(prefix.length + 16) === `.${basename(path)}`;
}

async function hashOf(path: string, { root }: Host): Promise<string | null> {
  const pool = openHashPool({ root, background: true });
  try {
    return (await pool.hash(path))?.sha256 ?? null;
  } finally {
    await pool.close();
  }
}
