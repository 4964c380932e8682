import { AgentError } from '../../bootstrap/errors.ts';
import type { Files } from '../../bootstrap/host/host.ts';
import { maxConfigBytes, parseYaml, type YamlFile } from './yaml.ts';

/** A configuration file as read, and what should be said about it although it is not wrong. */
export interface ReadFile {
  readonly file: YamlFile;
  readonly warning: string | null;
}

/**
 * Reads one configuration file; null if there is none. A file with the password of a proxy in it is refused
 * (E_INPUT_UNSAFE) where others may read or change it; any other such file is only warned of.
 */
export async function readConfigFile(files: Files, path: string): Promise<ReadFile | null> {
  const info = await files.stat(path);
  if (info === null) return null;
  if (info.type !== 'file' && info.type !== 'symlink') {
    throw new AgentError('E_CONFIG_INVALID', `${path} is not a file`, { seen: info.type, wanted: 'a file' });
  }
  if (info.size > maxConfigBytes) {
    throw new AgentError('E_CONFIG_INVALID', `${path} is too large`, {
      seen: `${info.size} bytes`,
      wanted: `at most ${maxConfigBytes} bytes`,
    });
  }
  const bytes = await files.read(path);
  if (bytes === null) return null;
  const file = parseYaml(path, bytes);
  const exposure = exposureOf(info);
  if (exposure === null) return { file, warning: null };
  if (!hasProxyPassword(file.value)) return { file, warning: `${path} is ${exposure}; chmod 0600 ${path}` };
  throw new AgentError('E_INPUT_UNSAFE', `${path} holds the password of a proxy and is ${exposure}`, {
    seen: exposure,
    wanted: 'a file of root with mode 0600',
    next: `chown root: ${path} && chmod 0600 ${path}, then: conjurer run`,
  });
}

function exposureOf(info: { type: string; mode: number; uid: number }): string | null {
  if (info.type === 'symlink') return 'a symlink';
  if ((info.mode & 0o077) !== 0) return `open to others (mode ${info.mode.toString(8).padStart(4, '0')})`;
  const allowed = [0, process.getuid?.() ?? 0];
  return allowed.includes(info.uid) ? null : `owned by another user (uid ${info.uid})`;
}

function hasProxyPassword(value: Readonly<Record<string, unknown>>): boolean {
  const { proxy } = value;
  if (typeof proxy !== 'object' || proxy === null) return false;
  return Object.values(proxy).some(text => typeof text === 'string' && text.includes('@'));
}
