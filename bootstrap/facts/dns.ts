import type { Facts } from './facts.ts';
import type { Source } from './source.ts';
import { clean, hint, readReported } from './text.ts';

const PATH = '/etc/resolv.conf';
/** Where systemd-resolved keeps the real servers when the file above names only its own stub. */
const BEHIND_STUB = '/run/systemd/resolve/resolv.conf';
const STUB = '127.0.0.53';
const ADDRESS = /^[0-9a-f.:]{2,45}(%[\w.-]{1,15})?$/i;

/** The servers that are asked in the end, in the order in which they are asked. */
export const dns: Source<Facts['dns']> = {
  name: 'dns',
  fields: ['dns'],
  unknown: { servers: [], search: [], source: null },
  async read({ running }, report) {
    const text = await readReported(running, PATH, 'dns', report);
    if (text === null) return { servers: [], search: [], source: null };
    const named = parseResolvConf(text);
    const behind = named.servers.includes(STUB) ? await hint(running.readText(BEHIND_STUB)) : null;
    const { servers, search } = behind === null ? named : parseResolvConf(behind);
    const source = behind === null ? PATH : BEHIND_STUB;
    if (servers.length === 0) report('dns.servers', `${source} names none`);
    return { servers, search, source };
  },
};

/** Reads the text of a resolv.conf, as resolv.conf(5) has it: the last search or domain line counts. Never throws. */
export function parseResolvConf(text: string): { servers: string[]; search: string[] } {
  const servers: string[] = [];
  let search: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.split(/[ \t\r]+/).flatMap(word => clean(word) ?? []);
    if (keyword === 'nameserver' && ADDRESS.test(values[0] ?? '')) servers.push(values[0] ?? '');
    if (keyword === 'search' || keyword === 'domain') search = values.filter(name => name !== '.');
  }
  return { servers, search };
}
