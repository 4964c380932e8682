import { embedBlob } from './elf/embed.ts';
import { type Proof, proveFloor } from './elf/floor.ts';
import { lowerGlibc } from './elf/lower-glibc.ts';
import { strip } from './elf/strip.ts';

/** A bundled binary travels over slow links and lies in every image. */
export const MAX_BYTES = 115_000_000;

/**
 * The executable: Node, stripped, lowered to the OS floor, with the blob inside. Proved on the final bytes; throws where
 * it would not start on the floor or is too large.
 */
export function makeExecutable(node: Buffer, blob: Buffer): { bytes: Buffer; proof: Proof } {
  const base = strip(node);
  lowerGlibc(base);
  const bytes = embedBlob(base, blob);
  const proof = proveFloor(bytes);
  if (bytes.length > MAX_BYTES)
    throw new Error(`the binary has ${bytes.length} bytes, at most ${MAX_BYTES} are allowed`);
  return { bytes, proof };
}
