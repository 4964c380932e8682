import { isAbsolute, resolve } from 'node:path';
import { AgentError } from '../errors.ts';
import { systemClock } from './clock.ts';
import { runCommand } from './command.ts';
import { nodeDisk } from './disk.ts';
import { createFiles } from './files.ts';
import type { Files, Host, Units } from './host.ts';
import { measureSync } from './sync-time.ts';
import { offlineUnits, runningUnits, type Systemctl } from './units.ts';

/** Where a tree that stands for a machine, in a demo or a test, keeps what plays its service manager. */
export const standInSystemctl = '/usr/lib/conjurer/stand-in/systemctl';

/** The machine that conjurer runs on (`root` is `/`), or the one in a directory: a mounted disk, a throw-away tree. */
export function localHost(options: { readonly root: string }): Host {
  if (!isAbsolute(options.root)) {
    throw new AgentError('E_USAGE', '--root must be an absolute path', { seen: options.root });
  }
  const root = resolve(options.root);
  const files = createFiles(nodeDisk, root);
  const exists = async (path: string) => (await createFiles(nodeDisk, '/').stat(path)) !== null;
  return {
    root,
    files,
    units: root === '/' ? runningUnits(systemctlOf('systemctl')) : unitsOfTree(files, root),
    clock: systemClock({ root, run: runCommand, exists }),
    run: runCommand,
    ...(root === '/' ? { measureSync } : {}),
  };
}

/** A tree's stand-in is looked for at each call, since a demo may put it there later. */
function unitsOfTree(files: Files, root: string): Units {
  const standIn = runningUnits(systemctlOf(`${root}${standInSystemctl}`, { CONJURER_ROOT: root }));
  const offline = offlineUnits(systemctlOf('systemctl'), root);
  const units = async () => ((await files.stat(standInSystemctl)) === null ? offline : standIn);
  return {
    state: async unit => (await units()).state(unit),
    setEnabled: async (unit, enabled) => (await units()).setEnabled(unit, enabled),
    setActive: async (unit, active) => (await units()).setActive(unit, active),
    reload: async () => (await units()).reload(),
  };
}

function systemctlOf(program: string, variables: Readonly<Record<string, string>> = {}): Systemctl {
  return (args, timeoutMs) => runCommand([program, ...args], { timeoutMs, variables });
}
