import type { Clean } from './clean.ts';
import type { BundleEntry } from './entry.ts';
import { contentOf, tarMember } from './tar-member.ts';

/** Packed evidence is held in memory, never on a disk that may be full or read-only: so much of it at most. */
const mostPackedBytes = 64 * 1024 * 1024;

/** What goes into the bundle, packed as it comes, until it is written. */
export interface Stage {
  /** Takes it, or its entry alone where the budget is used up. */
  add(clean: Clean): Promise<BundleEntry>;
  /** By path. */
  entries(): readonly BundleEntry[];
  /** Packed, by path. */
  members(): readonly Buffer[];
  /** What an entry holds; null: nothing. */
  read(path: string): Promise<Buffer | null>;
}

export function createStage(options: { readonly folder: string; readonly budgetBytes: number }): Stage {
  const staged = new Map<string, { readonly entry: BundleEntry; readonly member: Buffer | null }>();
  let bytes = 0;
  let packedBytes = 0;
  const unused = (path: string): string => {
    if (!staged.has(path)) return path;
    for (let number = 2; ; number += 1) if (!staged.has(`${path}.${number}`)) return `${path}.${number}`;
  };
  const inOrder = () => [...staged.values()].toSorted((a, b) => (a.entry.path < b.entry.path ? -1 : 1));

  return {
    async add({ entry, content }) {
      const path = unused(entry.path);
      const fits = bytes + entry.bytes <= options.budgetBytes;
      const member = content === null || !fits ? null : await tarMember(`${options.folder}/${path}`, content);
      const kept = member === null || packedBytes + member.length > mostPackedBytes ? null : member;
      const isDropped = content !== null && kept === null;
      const final = isDropped ? dropped({ ...entry, path }) : { ...entry, path };
      bytes += final.bytes;
      packedBytes += kept?.length ?? 0;
      staged.set(path, { entry: final, member: kept });
      return final;
    },
    entries: () => inOrder().map(({ entry }) => entry),
    members: () => inOrder().flatMap(({ member }) => member ?? []),
    async read(path) {
      const member = staged.get(path)?.member ?? null;
      return member === null ? null : contentOf(member);
    },
  };
}

function dropped(entry: BundleEntry): BundleEntry {
  const reason = 'the space of the whole bundle was used up';
  return { ...entry, outcome: 'failed', bytes: 0, truncated: true, redactions: {}, sha256: null, reason };
}
