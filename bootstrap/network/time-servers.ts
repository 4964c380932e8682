import type { Change } from '../change.ts';
import type { Host } from '../host/host.ts';
import { hasUnit } from './unit-files.ts';

const chronyConf = '/etc/chrony/chrony.conf';
const sources = '/etc/chrony/sources.d';
const confDir = '/etc/chrony/conf.d';

/**
 * Gives the servers to chrony where it is installed, else to systemd-timesyncd; null where neither is. No servers: the time
 * service is left alone.
 */
export async function planTimeServers(host: Host, servers: readonly string[]): Promise<Change[] | null> {
  const { files } = host;
  if (servers.length === 0) return [];
  const conf = await files.readText(chronyConf);
  if (conf === null) {
    if (!(await hasUnit(host, 'systemd-timesyncd.service'))) return null;
    const content = `[Time]\nNTP=${servers.join(' ')}\n`;
    return [file('systemd-timesyncd.service', '/etc/systemd/timesyncd.conf.d/60-conjurer.conf', content)];
  }
  const lines = servers.map(server => `server ${server} iburst\n`).join('');
  if (reads(conf, 'sourcedir', sources)) return [file('chrony.service', `${sources}/60-conjurer.sources`, lines)];
  if (reads(conf, 'confdir', confDir)) return [file('chrony.service', `${confDir}/60-conjurer.conf`, lines)];
  // Before chrony 4 there are no drop-ins: ours is a block at the end of its only file.
  const others = conf.replace(ownBlock, '').trimEnd();
  return [file('chrony.service', chronyConf, `${others}\n\n${begin}\n${lines}${end}\n`)];
}

const begin = '# conjurer: begin';
const end = '# conjurer: end';
const ownBlock = new RegExp(`${begin}\\n[\\s\\S]*?${end}\\n?`);

function reads(conf: string, directive: string, directory: string): boolean {
  return conf.split('\n').some(line => line.trim().split(/\s+/).join(' ') === `${directive} ${directory}`);
}

function file(unit: string, path: string, content: string): Change {
  return { kind: 'service-file', id: 'time-servers', unit, path, mode: 0o644, content };
}
