import { AgentError } from '../../bootstrap/errors.ts';

/** A command that changes this very machine is for root; a tree elsewhere is for whoever may write it. */
export function needsRoot(command: string, root: string): void {
  const uid = process.getuid?.() ?? 0;
  if (root !== '/' || uid === 0) return;
  throw new AgentError('E_NOT_ALLOWED', `conjurer ${command} changes this machine, which only root may do`, {
    seen: `user id ${uid}`,
    wanted: 'root',
    next: `sudo conjurer ${command}`,
  });
}
