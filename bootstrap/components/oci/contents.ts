import { ArchiveProblem, shown } from './archive-problem.ts';
import type { Budget } from './compression.ts';
import { createEntryHasher, type EntryHasher, type StoredFile } from './entry-hasher.ts';
import type { TarSink } from './tar-reader.ts';

export interface Contents {
  /** Links inside the archive are followed; null: there is no such file. */
  file(name: string): StoredFile | null;
  /** Every file by its name. */
  readonly files: ReadonlyMap<string, StoredFile>;
}

const mostJson = 24 * 1024 * 1024;
const mostLinks = 16;

/** Hashes every file of an archive as it goes by, and keeps what the image is described with. */
export function createContents(budget: Budget): TarSink & { readonly contents: Contents } {
  const files = new Map<string, StoredFile>();
  const links = new Map<string, string>();
  let keptJson = 0;
  let open: { readonly name: string; readonly hasher: EntryHasher } | null = null;

  return {
    entry({ name, type, size, target }) {
      if (target !== null) links.set(name, target);
      open = type === 'file' ? { name, hasher: createEntryHasher(name, size, mostJson - keptJson, budget) } : null;
    },
    data: piece => open?.hasher.write(piece),
    async entryEnd() {
      if (open === null) return;
      const { name, hasher } = open;
      open = null;
      const file = await hasher.end();
      keptJson += file.json?.length ?? 0;
      const before = files.get(name);
      if (before !== undefined && before.sha256 !== file.sha256) {
        throw new ArchiveProblem('archive-damaged', `two different files named ${shown(name)}`, 'each name once');
      }
      files.set(name, file);
    },
    contents: { files, file: name => follow(name, files, links) },
  };
}

function follow(
  name: string,
  files: ReadonlyMap<string, StoredFile>,
  links: ReadonlyMap<string, string>,
): StoredFile | null {
  let at: string | undefined = name;
  for (let link = 0; link < mostLinks && at !== undefined; link++) {
    const found = files.get(at);
    if (found !== undefined) return found;
    at = links.get(at);
  }
  return null;
}
