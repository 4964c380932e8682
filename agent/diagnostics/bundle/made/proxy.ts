import type { Files } from '../../../../bootstrap/host/host.ts';
import type { Make } from '../collector.ts';

const places = [
  '/etc/environment',
  '/etc/profile.d',
  '/etc/apt/apt.conf.d',
  '/etc/systemd/system.conf.d',
  '/etc/systemd/system/containerd.service.d',
  '/etc/systemd/system/kubelet.service.d',
  '/etc/systemd/system/conjurer.service.d',
  '/etc/wgetrc',
  '/root/.curlrc',
] as const;

/** Where a proxy is set, by place and variable; of its value the host and port alone. */
export const proxyText: Make = async ({ host: { files } }) => {
  const lines: string[] = [];
  for (const place of places) {
    for (const path of await filesAt(files, place)) {
      const text = (await files.readText(path).catch(() => null)) ?? '';
      lines.push(...text.split('\n').flatMap(line => settingIn(path, line)));
    }
  }
  return lines.length === 0 ? 'no proxy is set in any of the usual places\n' : `${lines.join('\n')}\n`;
};

async function filesAt(files: Files, place: string): Promise<string[]> {
  const info = await files.stat(place).catch(() => null);
  if (info?.type !== 'directory') return info === null ? [] : [place];
  const names = (await files.list(place).catch(() => null)) ?? [];
  return names.map(name => `${place}/${name}`);
}

function settingIn(path: string, line: string): string[] {
  const variable = /\b((?:https?|ftp|all|no)_proxy|Acquire::https?::Proxy)\b/i.exec(line)?.[1];
  if (variable === undefined || line.trimStart().startsWith('#')) return [];
  if (/^no_proxy$/i.test(variable)) return [`${path}: ${variable} is set`];
  const to = /:\/\/(?:[^@\s"']*@)?([A-Za-z0-9.[\]:-]+)/.exec(line)?.[1] ?? 'a value without an address';
  return [`${path}: ${variable} → ${to}`];
}
