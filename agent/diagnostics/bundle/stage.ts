import type { Clean } from './clean.ts';
import type { BundleEntry } from './entry.ts';
import { contentOf, tarHeader } from './tar-member.ts';

/** Packed evidence is held in memory, never on a disk that may be full or read-only: so much of it at most. */
const mostPackedBytes = 64 * 1024 * 1024;

/** What goes into the bundle, packed as it comes, until it is written. */
export interface Stage {
  /** Takes it, or its entry alone where the budget is used up. */
  add(clean: Clean): BundleEntry;
  /** By path. */
  entries(): readonly BundleEntry[];
  /** By path: the pieces of the archive. */
  members(): AsyncIterable<Buffer>;
  /** What an entry holds; null: nothing. */
  read(path: string): Promise<Buffer | null>;
  /** Whether a literal of the report's rules may stand in it. */
  isTelling(path: string): boolean;
}

export function createStage(options: { readonly folder: string; readonly budgetBytes: number }): Stage {
  const staged = new Map<string, Clean>();
  let bytes = 0;
  let packedBytes = 0;
  const inOrder = () => [...staged.values()].toSorted((a, b) => (a.entry.path < b.entry.path ? -1 : 1));

  /** Two names may have become the same when they were redacted. */
  const withOwnPath = (clean: Clean): Clean => {
    const { entry } = clean;
    if (!staged.has(entry.path)) return clean;
    let number = 2;
    while (staged.has(`${entry.path}.${number}`)) number += 1;
    return { ...clean, entry: { ...entry, path: `${entry.path}.${number}` }, isTelling: true };
  };

  return {
    add(clean) {
      const { entry, body, isTelling } = withOwnPath(clean);
      const size = body?.packed.length ?? 0;
      const fits = bytes + entry.bytes <= options.budgetBytes && packedBytes + size <= mostPackedBytes;
      const kept =
        body === null || fits ? { entry, body, isTelling } : { entry: dropped(entry), body: null, isTelling };
      bytes += kept.entry.bytes;
      packedBytes += kept.body?.packed.length ?? 0;
      staged.set(entry.path, kept);
      return kept.entry;
    },
    entries: () => inOrder().map(({ entry }) => entry),
    async *members() {
      for (const { entry, body } of inOrder()) {
        if (body === null) continue;
        yield await tarHeader(`${options.folder}/${entry.path}`, body.bytes);
        yield body.packed;
      }
    },
    async read(path) {
      const body = staged.get(path)?.body ?? null;
      return body === null ? null : contentOf(body);
    },
    isTelling: path => staged.get(path)?.isTelling ?? false,
  };
}

function dropped(entry: BundleEntry): BundleEntry {
  const reason = 'the space of the whole bundle was used up';
  return { ...entry, outcome: 'failed', bytes: 0, truncated: true, redactions: {}, sha256: null, reason };
}
