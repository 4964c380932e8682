import path from 'node:path';

/** The folder of the sources: where `npm run` runs. */
export const project = path.join(import.meta.dirname, '../..');

/** A path as it can be typed into a shell. */
export function typed(file: string): string {
  return /^[\w./:@%+=,-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
}
