import type { Files } from '../../bootstrap/host/host.ts';

/** The two operations on files that a small store needs, over a map. */
export function createMemoryFiles(): Pick<Files, 'readText' | 'write'> & { readonly content: Map<string, string> } {
  const content = new Map<string, string>();
  return {
    content,
    readText: async path => content.get(path) ?? null,
    write: async (path, text) => void content.set(path, text.toString()),
  };
}
