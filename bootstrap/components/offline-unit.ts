import type { Files } from '../host/host.ts';
import type { UnitOnMachine } from './unit-on-machine.ts';

/** systemd.unit(5), table "Load path when running in system mode", of what an image may hold; the first wins. */
const loadPath = ['/etc/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system'] as const;

/** What systemd would make of the unit at the next boot, read from the files of a tree that is not booted. */
export async function offlineUnit(unit: string, files: Files): Promise<UnitOnMachine> {
  const fragment = await findFragment(unit, files);
  return {
    fragment: fragment?.masked === true ? null : (fragment?.path ?? null),
    masked: fragment?.masked ?? false,
    dropIns: await dropInsOnDisk(unit, files),
    unread: [],
    enabled: await isEnabled(unit, files),
    needsReload: false,
  };
}

async function findFragment(unit: string, files: Files): Promise<{ path: string; masked: boolean } | null> {
  for (const directory of loadPath) {
    const path = `${directory}/${unit}`;
    const info = await files.stat(path);
    if (info !== null) return { path, masked: (await files.readlink(path)) === '/dev/null' };
  }
  return null;
}

/**
 * The drop-ins that apply to the unit once systemd reads them. Of two with one name that in the earlier directory wins,
 * and a link to /dev/null takes it away.
 */
export async function dropInsOnDisk(unit: string, files: Files): Promise<string[]> {
  const inForce = new Map<string, string>();
  for (const folder of dropInFolders(unit)) {
    for (const directory of loadPath) {
      const names = (await files.list(`${directory}/${folder}`)) ?? [];
      for (const name of names.filter(one => one.endsWith('.conf') && !inForce.has(one))) {
        inForce.set(name, `${directory}/${folder}/${name}`);
      }
    }
  }
  const all = [...inForce.values()].sort();
  const targets = await Promise.all(all.map(path => files.readlink(path)));
  return all.filter((_path, index) => targets[index] !== '/dev/null');
}

/** "a-b@x.service": its own folder, that of the template, those of its dashed prefixes, and that of the type. */
function dropInFolders(unit: string): string[] {
  const dot = unit.lastIndexOf('.');
  const [name, type] = [unit.slice(0, dot), unit.slice(dot)];
  const at = name.indexOf('@');
  const template = at < 0 ? [] : [`${name.slice(0, at + 1)}${type}`];
  const stem = at < 0 ? name : name.slice(0, at);
  const parts = stem.split('-');
  const prefixes = parts
    .slice(1)
    .map((_part, index) => `${parts.slice(0, parts.length - 1 - index).join('-')}-${type}`);
  return [unit, ...template, ...prefixes, type.slice(1)].map(folder => `${folder}.d`);
}

async function isEnabled(unit: string, files: Files): Promise<boolean> {
  const [configured] = loadPath;
  for (const folder of (await files.list(configured)) ?? []) {
    if (!folder.endsWith('.wants') && !folder.endsWith('.requires')) continue;
    if ((await files.stat(`${configured}/${folder}/${unit}`)) !== null) return true;
  }
  return false;
}
