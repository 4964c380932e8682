import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { InputFile } from '../config/load.ts';

export interface InputHosts {
  readonly host: Host;
  /** The host whose root is `/`, for what was typed. */
  readonly typed: Host;
  /** Who runs this; root's files are accepted from everyone, others only from their owner. */
  readonly uid: number;
}

/**
 * Reads a secret input. It is refused (E_INPUT_UNSAFE) when it is a symlink, not a file, not root's, or open to group
 * or others; E_INPUT_MISSING when it is not there. `what` names it in messages: "passphrase".
 */
export async function readInput(hosts: InputHosts, input: InputFile, what: string): Promise<Buffer> {
  const { files } = hostOf(hosts, input);
  const info = await files.stat(input.path);
  // Only a run writes it to its file; a plan and a preflight look at what would be there.
  if (info === null && input.delivered !== undefined) return Buffer.from(input.delivered);
  if (info === null) {
    throw new AgentError('E_INPUT_MISSING', `the ${what} file ${input.path} is not there`, {
      data: { path: input.path },
    });
  }
  const fault = findFault(info, hosts.uid);
  if (fault !== null) {
    throw new AgentError('E_INPUT_UNSAFE', `the ${what} file ${input.path} is refused: ${fault.seen}`, {
      seen: fault.seen,
      wanted: fault.wanted,
      next: fault.next(input.path),
      data: { path: input.path },
    });
  }
  const bytes = await files.read(input.path);
  if (bytes !== null) return bytes;
  throw new AgentError('E_INPUT_MISSING', `the ${what} file ${input.path} is not there`, {
    data: { path: input.path },
  });
}

export function hostOf(hosts: InputHosts, input: InputFile): Host {
  return input.from === 'typed' ? hosts.typed : hosts.host;
}

function findFault(info: { type: string; mode: number; uid: number }, uid: number) {
  if (info.type !== 'file') {
    return {
      seen: `it is a ${info.type}`,
      wanted: 'a plain file',
      next: (path: string) => `put the file itself at ${path}, then: conjurer run`,
    };
  }
  if (info.uid !== 0 && info.uid !== uid) {
    return {
      seen: `it belongs to user ${info.uid}`,
      wanted: 'owner root',
      next: (path: string) => `chown root: ${path}, then: conjurer run`,
    };
  }
  if ((info.mode & 0o077) !== 0) {
    return {
      seen: `its mode is ${info.mode.toString(8).padStart(4, '0')}, so others can read or change it`,
      wanted: 'mode 0400',
      next: (path: string) => `chmod 0400 ${path}, then: conjurer run`,
    };
  }
  return null;
}
