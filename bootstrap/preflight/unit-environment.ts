import type { Files } from '../host/host.ts';

/** Of which some may hold a password: never in a finding. */
export type Variables = ReadonlyMap<string, string>;

/** From what is overridden to what overrides. */
const folders = ['/lib/systemd/system', '/usr/lib/systemd/system', '/etc/systemd/system'];
const everyUnits = '/etc/systemd/system.conf';

/**
 * What systemd would give to a unit as its environment: from its file, the drop-ins by name, the files that they name,
 * and the defaults of all units. Read from the files, so that a tree that is not booted tells it too.
 */
export async function environmentOfUnit(disk: Files, unit: string): Promise<Variables> {
  const defaults = assignments((await disk.readText(everyUnits)) ?? '', 'DefaultEnvironment');
  const texts = [await unitFile(disk, unit), ...(await dropIns(disk, unit))];
  let variables = new Map(defaults);
  let files: string[] = [];
  for (const text of texts) {
    for (const line of linesOf(text)) {
      const [, key = '', value = ''] = /^\s*(Environment|EnvironmentFile)\s*=\s*(.*)$/.exec(line) ?? [];
      if (key === '') continue;
      if (value.trim() === '' && key === 'Environment') variables = new Map(defaults);
      else if (value.trim() === '') files = [];
      else if (key === 'EnvironmentFile') files.push(value.trim().replace(/^-/, ''));
      else for (const [name, own] of pairsOf(value)) variables.set(name, own);
    }
  }
  for (const path of files) {
    for (const [name, own] of parseEnvironmentFile((await disk.readText(path)) ?? '')) variables.set(name, own);
  }
  return variables;
}

/** `NAME=value` a line, the value perhaps in quotes, perhaps after `export`. Never throws. */
export function parseEnvironmentFile(text: string): Variables {
  return new Map(
    text.split('\n').flatMap(line => {
      const [, name = '', value = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
      return name === '' ? [] : [[name, value.trim().replace(/^(['"])(.*)\1$/, '$2')] as const];
    }),
  );
}

async function unitFile(disk: Files, unit: string): Promise<string> {
  const found = await Promise.all(folders.map(folder => disk.readText(`${folder}/${unit}`)));
  return found.findLast(text => text !== null) ?? '';
}

async function dropIns(disk: Files, unit: string): Promise<string[]> {
  const byName = new Map<string, string>();
  for (const folder of folders) {
    for (const name of (await disk.list(`${folder}/${unit}.d`)) ?? []) {
      if (name.endsWith('.conf')) byName.set(name, `${folder}/${unit}.d/${name}`);
    }
  }
  const inOrder = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return Promise.all(inOrder.map(async ([, path]) => (await disk.readText(path)) ?? ''));
}

function linesOf(text: string): string[] {
  return text.replaceAll('\\\n', ' ').split('\n');
}

function assignments(text: string, key: string): (readonly [string, string])[] {
  return linesOf(text).flatMap(line => {
    const [, value] = new RegExp(`^\\s*${key}\\s*=(.*)$`).exec(line) ?? [];
    return value === undefined ? [] : pairsOf(value);
  });
}

/** `"A=1 2" B=3 'C=4'` */
function pairsOf(value: string): (readonly [string, string])[] {
  const words = value.match(/"(?:[^"\\]|\\.)*"|'[^']*'|\S+/g) ?? [];
  return words.flatMap(word => {
    const bare = word
      .replace(/^(['"])(.*)\1$/, '$2')
      .replaceAll('\\"', '"')
      .replaceAll('%%', '%');
    const at = bare.indexOf('=');
    return at <= 0 ? [] : [[bare.slice(0, at), bare.slice(at + 1)] as const];
  });
}
