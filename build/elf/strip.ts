import { parseElf } from './elf.ts';
import { appendSections, keepLoaded } from './sections.ts';

/**
 * The same program without symbol table and debug information: what binutils' `strip` does, for either architecture on
 * any machine, and the same bytes on each.
 */
export function strip(bytes: Buffer): Buffer {
  const elf = parseElf(bytes);
  const { sections, end } = keepLoaded(elf);
  return appendSections(Buffer.from(bytes.subarray(0, end)), sections);
}
