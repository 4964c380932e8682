import type { Facts } from './facts.ts';
import type { Report, Source, View } from './source.ts';
import { clean, hint, readLine } from './text.ts';

type System = Pick<Facts, 'hostname' | 'kernel' | 'bootId' | 'uptimeSeconds'> & {
  zone: string | null;
  release: Omit<Facts['os'], 'arch'>;
};

const noRelease = { id: null, versionId: null, prettyName: null };

/** Name, release, kernel, this boot and the time zone. */
export const system: Source<System> = {
  name: 'system',
  fields: ['bootId', 'hostname', 'kernel', 'os', 'time.zone', 'uptimeSeconds'],
  unknown: {
    hostname: null,
    kernel: null,
    bootId: null,
    uptimeSeconds: null,
    zone: null,
    release: noRelease,
  },
  async read(view, report) {
    const { running } = view;
    const [hostname, kernel, bootId, uptimeSeconds, zone, release] = await Promise.all([
      hostnameOf(view, report),
      readLine(running, '/proc/sys/kernel/osrelease', 'kernel', report),
      bootIdOf(view, report),
      uptimeOf(view, report),
      zoneOf(view, report),
      releaseOf(view, report),
    ]);
    return { hostname, kernel, bootId, uptimeSeconds, zone, release };
  },
};

/** Reads the text of an os-release file. Never throws; what is not there is null. */
export function parseOsRelease(text: string): Omit<Facts['os'], 'arch'> {
  const value = (key: string): string | null => {
    const raw = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
    const quoted = /^(["'])(.*)\1$/.exec(raw);
    return clean((quoted?.[2] ?? raw).replace(/\\(["'\\$`])/g, '$1'));
  };
  return { id: value('ID'), versionId: value('VERSION_ID'), prettyName: value('PRETTY_NAME') };
}

/** The kernel's name of the machine now; of a mounted disk, the name that it will boot with. */
function hostnameOf(view: View, report: Report): Promise<string | null> {
  return view.running === view.disk
    ? readLine(view.running, '/proc/sys/kernel/hostname', 'hostname', report)
    : readLine(view.disk, '/etc/hostname', 'hostname', report);
}

async function bootIdOf({ running }: View, report: Report): Promise<string | null> {
  const path = '/proc/sys/kernel/random/boot_id';
  const id = await readLine(running, path, 'bootId', report);
  if (id === null || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  report('bootId', `${path} holds no UUID`);
  return null;
}

async function uptimeOf({ running }: View, report: Report): Promise<number | null> {
  const line = await readLine(running, '/proc/uptime', 'uptimeSeconds', report);
  if (line === null) return null;
  const seconds = /^(\d{1,12})\.\d+ /.exec(line)?.[1];
  if (seconds !== undefined) return Number(seconds);
  report('uptimeSeconds', '/proc/uptime could not be understood');
  return null;
}

async function zoneOf({ disk }: View, report: Report): Promise<string | null> {
  const target = await hint(disk.readlink('/etc/localtime'));
  const zone = target === null ? null : /zoneinfo\/(.+)$/.exec(target)?.[1];
  const named = clean(zone ?? (await hint(disk.readText('/etc/timezone'))) ?? '');
  if (named === null) report('time.zone', '/etc/localtime is no link to a zone, and /etc/timezone names none');
  return named;
}

async function releaseOf({ disk }: View, report: Report): Promise<System['release']> {
  const text = (await hint(disk.readText('/etc/os-release'))) ?? (await hint(disk.readText('/usr/lib/os-release')));
  if (text === null) {
    report('os', 'neither /etc/os-release nor /usr/lib/os-release can be read');
    return noRelease;
  }
  const release = parseOsRelease(text);
  for (const field of ['id', 'versionId', 'prettyName'] as const) {
    if (release[field] === null) report(`os.${field}`, 'os-release does not say');
  }
  return release;
}
