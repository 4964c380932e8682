import { AgentError } from '../errors.ts';
import type { Seen } from './read-and-hash.ts';

/** Throws E_FILE_CHANGED where the file was written to, or another one put in its place, while it was read. */
export function requireUnchanged(path: string, before: Seen, after: Seen, atPath: Seen | null): void {
  const written = before.size !== after.size || before.mtimeNs !== after.mtimeNs || before.ctimeNs !== after.ctimeNs;
  const swapped = atPath === null || atPath.device !== before.device || atPath.inode !== before.inode;
  if (!written && !swapped) return;
  throw new AgentError('E_FILE_CHANGED', `${path} changed while it was read`, {
    seen: swapped ? (atPath === null ? 'it was removed' : 'another file is in its place') : 'it was written to',
    data: { path },
  });
}
