import type { Tree } from './tree.ts';

/** What is wrong with an image, and where. */
export interface Finding {
  /** Path in the image, or the part of the disk. */
  readonly where: string;
  readonly seen: string;
}

/** One thing that a template must not be or have. */
export interface Check {
  /** Names the fault in the output, in the tests and in docs/image-builder.md. */
  readonly id: string;
  /** What happens on the machines that are made from such an image. */
  readonly why: string;
  readonly fix: string;
  find(tree: Tree): readonly Finding[];
}

/** The finding that each of these paths is there. */
export function present(tree: Tree, paths: readonly string[]): Finding[] {
  return paths.filter(path => tree.has(path)).map(where => ({ where, seen: 'is there' }));
}

/** The finding that each of these directories holds something, by the first of what it holds. */
export function notEmpty(tree: Tree, directories: readonly string[]): Finding[] {
  return directories.flatMap(directory => {
    const files = tree.files(directory);
    const [first] = files;
    if (first === undefined) return [];
    return [{ where: directory, seen: files.length === 1 ? first.path : `${first.path} and ${files.length - 1} more` }];
  });
}
