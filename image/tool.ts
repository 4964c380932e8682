import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Program → the package of Debian and Ubuntu that has it. Every program that image/ starts is here. */
const PACKAGES = {
  'apt-get': 'apt',
  chroot: 'coreutils',
  cp: 'coreutils',
  debugfs: 'e2fsprogs',
  'dpkg-deb': 'dpkg',
  e2fsck: 'e2fsprogs',
  mcopy: 'mtools',
  'mkfs.fat': 'dosfstools',
  mke2fs: 'e2fsprogs',
  mmd: 'mtools',
  mmdebstrap: 'mmdebstrap',
  'qemu-img': 'qemu-utils',
  sfdisk: 'fdisk',
  tar: 'tar',
  unshare: 'util-linux',
} as const;
export type Tool = keyof typeof PACKAGES;

export interface ToolOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Statuses that are not failures; only 0 where left out. */
  readonly statuses?: readonly number[];
}

/** Runs a program and gives what it printed. Throws with the missing package, or with the last lines of what it said. */
export function runTool(tool: Tool, args: readonly string[], options: ToolOptions = {}): string {
  return runProgram(tool, args, options, () => `${tool} is missing; type: apt-get install ${PACKAGES[tool]}`);
}

/** The same for a program by its path. */
export function runProgram(
  program: string,
  args: readonly string[],
  { input, cwd, env, statuses = [0] }: ToolOptions = {},
  missing = () => `${program} is missing`,
): string {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // The system's own directories: mke2fs and sfdisk are not in everyone's PATH.
    env: { PATH: SYSTEM_PATH, LC_ALL: 'C.UTF-8', ...env },
    ...(input === undefined ? {} : { input }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') throw new Error(missing());
  if (error !== undefined) throw error;
  if (status !== null && statuses.includes(status)) return stdout;
  const said = (stderr.trim() || stdout.trim()).split('\n').slice(-8).join('\n  ');
  throw new Error(`${[program, ...args].join(' ')} ended with ${signal ?? status}:\n  ${said}`);
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Throws one error that names the packages of all tools that are missing. */
export function requireTools(tools: readonly Tool[], { PATH } = { PATH: SYSTEM_PATH }): void {
  const directories = PATH.split(':');
  const missing = tools.filter(tool => !directories.some(directory => existsSync(join(directory, tool))));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(tool => PACKAGES[tool]))];
  throw new Error(`${missing.join(', ')} missing; type: apt-get install ${packages.join(' ')}`);
}
