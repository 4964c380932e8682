import type { Clean } from './clean.ts';
import type { BundleEntry } from './entry.ts';
import { contentOf, tarMember } from './tar-member.ts';

/** Packed evidence is held in memory, never on a disk that may be full or read-only: so much of it at most. */
const mostPackedBytes = 64 * 1024 * 1024;

/** An entry with its piece of the archive; null where it holds nothing. */
export interface Packed {
  readonly entry: BundleEntry;
  readonly member: Buffer | null;
}

/** What goes into the bundle, packed as it comes, until it is written. */
export interface Stage {
  pack(clean: Clean): Promise<Packed>;
  /** Takes it, or its entry alone where the budget is used up. */
  add(packed: Packed): Promise<BundleEntry>;
  /** By path. */
  entries(): readonly BundleEntry[];
  /** By path. */
  members(): readonly Buffer[];
  /** What an entry holds; null: nothing. */
  read(path: string): Promise<Buffer | null>;
}

export function createStage(options: { readonly folder: string; readonly budgetBytes: number }): Stage {
  const staged = new Map<string, Packed>();
  let bytes = 0;
  let packedBytes = 0;
  const pack = async ({ entry, content }: Clean): Promise<Packed> => ({
    entry,
    member: content === null ? null : await tarMember(`${options.folder}/${entry.path}`, content),
  });
  const inOrder = () => [...staged.values()].toSorted((a, b) => (a.entry.path < b.entry.path ? -1 : 1));

  /** Two names may have become the same when they were redacted. */
  const withOwnPath = async (packed: Packed): Promise<Packed> => {
    const { entry, member } = packed;
    if (!staged.has(entry.path)) return packed;
    let number = 2;
    while (staged.has(`${entry.path}.${number}`)) number += 1;
    const renamed = { ...entry, path: `${entry.path}.${number}` };
    return pack({ entry: renamed, content: member === null ? null : await contentOf(member, entry.bytes) });
  };

  return {
    pack,
    async add(packed) {
      const { entry, member } = await withOwnPath(packed);
      const fits = bytes + entry.bytes <= options.budgetBytes && packedBytes + (member?.length ?? 0) <= mostPackedBytes;
      const kept = member === null || fits ? { entry, member } : { entry: dropped(entry), member: null };
      bytes += kept.entry.bytes;
      packedBytes += kept.member?.length ?? 0;
      staged.set(entry.path, kept);
      return kept.entry;
    },
    entries: () => inOrder().map(({ entry }) => entry),
    members: () => inOrder().flatMap(({ member }) => member ?? []),
    async read(path) {
      const { entry, member = null } = staged.get(path) ?? {};
      return entry === undefined || member === null ? null : contentOf(member, entry.bytes);
    },
  };
}

function dropped(entry: BundleEntry): BundleEntry {
  const reason = 'the space of the whole bundle was used up';
  return { ...entry, outcome: 'failed', bytes: 0, truncated: true, redactions: {}, sha256: null, reason };
}
