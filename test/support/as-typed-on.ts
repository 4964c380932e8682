import type { MachineTree } from './machine-tree.ts';

/** The commands of a text as they would be on the machine itself, where nobody gives --root. */
export function asTypedOn({ root }: Pick<MachineTree, 'root'>, text: string): string {
  return text.replaceAll(`conjurer --root ${root} `, 'conjurer ');
}
