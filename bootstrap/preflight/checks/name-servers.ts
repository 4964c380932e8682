import { parseResolvConf } from '../../facts/dns.ts';
import type { Files } from '../../host/host.ts';
import { type Check, type CheckContext, type Finding, onRunningSystem, pass, skip, unknown } from '../check.ts';
import type { NameAnswer } from '../outside.ts';
import { resolverOptions } from '../resolver-file.ts';

/** Nobody has it (RFC 2606), so that a server that answers says so. */
const NOBODYS_NAME = 'conjurer.invalid';
const resolverFile = '/etc/resolv.conf';
const hostsFile = '/etc/hosts';
const look = 'resolvectl status; cat /etc/resolv.conf';

/** What each of several name servers says to a name. */
export interface Asked {
  readonly server: string;
  readonly name: string;
  readonly answer: NameAnswer;
}

export const nameServerChecks: readonly Check[] = [
  {
    id: 'dns-resolves',
    run: onRunningSystem(async context => {
      const { dns, missing } = await context.facts();
      const unread = missing.find(({ field }) => field === 'dns');
      if (unread !== undefined) return unknown(unread.why);
      const names = await context.outside.names();
      const inFile = namesOf((await context.disk.readText(hostsFile)) ?? '');
      const [name = NOBODYS_NAME] = names ?? [];
      const asked = await askAll(context, dns.servers, [name]);
      return judgeNameServers(asked, { isNeeded: names?.every(one => inFile.has(one.toLowerCase())) !== true });
    }),
  },
  {
    id: 'dns-rotate',
    run: onRunningSystem(async (context, running) => {
      const { servers, options } = await readResolver(running);
      if (!options.includes('rotate')) return pass('no option rotate');
      const names = (await context.outside.names()) ?? [];
      return judgeRotation(servers, await askAll(context, servers, names));
    }),
  },
  {
    id: 'dns-wildcard',
    run: onRunningSystem(async context => {
      const { dns } = await context.facts();
      if (dns.search.length === 0) return skip('no search domain is configured');
      if (dns.servers.length === 0) return skip('no name server is configured');
      const label = `conjurer-${crypto.randomUUID()}`;
      const names = dns.search.map(domain => `${label}.${domain.replace(/\.$/, '')}`);
      return judgeWildcard(await askAll(context, dns.servers, names), label);
    }),
  },
];

function askAll(
  { outside, signal }: Pick<CheckContext, 'outside' | 'signal'>,
  servers: readonly string[],
  names: readonly string[],
): Promise<Asked[]> {
  return Promise.all(
    servers.flatMap(server =>
      names.map(async name => ({ server, name, answer: await outside.askNameServer(server, name, signal) })),
    ),
  );
}

/** The names in a hosts file, in lower case. */
function namesOf(text: string): ReadonlySet<string> {
  const lines = text.split('\n').map(line => line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/));
  return new Set(lines.flatMap(([, ...names]) => names));
}

/** What glibc itself reads: with systemd-resolved its stub, which takes no turns. */
async function readResolver(running: Files): Promise<{ servers: string[]; options: string[] }> {
  const text = (await running.readText(resolverFile)) ?? '';
  return { servers: parseResolvConf(text).servers, options: resolverOptions(text) };
}

/** `isNeeded` false: what this machine must reach is configured by its address, or stands in the hosts file. */
export function judgeNameServers(asked: readonly Asked[], { isNeeded }: { readonly isNeeded: boolean }): Finding {
  const bad = isNeeded ? 'fail' : 'warn';
  if (asked.length === 0) {
    return { status: bad, observed: 'no name server is configured', fix: `configure one (${look})` };
  }
  const dead = asked.filter(({ answer }) => answer.kind === 'no-answer');
  const observed = asked.map(({ server, answer }) => `${server} ${lifeOf(answer)}`).join(', ');
  if (dead.length === 0) return pass(observed);
  const fix = `check ${dead.map(({ server }) => server).join(', ')}, or configure others (${look})`;
  return { status: dead.length === asked.length ? bad : 'warn', observed, fix };
}

function lifeOf(answer: NameAnswer): string {
  return answer.kind === 'no-answer' ? `does not (${answer.code})` : 'answers';
}

/** `asked`: each server for each name that this machine needs; [] where none is known. */
export function judgeRotation(servers: readonly string[], asked: readonly Asked[]): Finding {
  if (servers.length < 2) return pass('option rotate, which is without effect with one name server');
  const fix = `take rotate out of the options, or the server that differs out of the list (${look})`;
  if (asked.length === 0) {
    const observed = `option rotate with ${servers.join(', ')}; no name is known to compare them by`;
    return { status: 'warn', observed, fix };
  }
  const names = [...new Set(asked.map(({ name }) => name))];
  const differing = names.flatMap(name => {
    const said = asked.filter(one => one.name === name).map(one => ({ ...one, text: sayingOf(one.answer) }));
    if (new Set(said.map(({ text }) => text)).size < 2) return [];
    return [`${name}: ${said.map(({ server, text }) => `${server} says ${text}`).join(', ')}`];
  });
  if (differing.length > 0) return { status: 'warn', observed: differing.join('; '), fix };
  return pass(`option rotate; ${servers.join(', ')} agree on ${names.join(', ')}`);
}

function sayingOf(answer: NameAnswer): string {
  if (answer.kind === 'addresses') return answer.addresses.join(' ');
  return answer.kind === 'unknown-name' ? 'that there is no such name' : `nothing (${answer.code})`;
}

/** `asked`: each server for a name that nobody has, in each search domain. */
export function judgeWildcard(asked: readonly Asked[], label: string): Finding {
  const wild = asked.flatMap(({ server, name, answer }) =>
    answer.kind === 'addresses'
      ? [`${server} says that *.${name.slice(label.length + 1)} is ${answer.addresses.join(' ')}`]
      : [],
  );
  if (wild.length > 0) {
    const fix = 'take the search domain away (network.ethernets: nameservers.search), or the wildcard out of its zone';
    return { status: 'warn', observed: wild.join('; '), fix };
  }
  if (asked.every(({ answer }) => answer.kind === 'no-answer')) return unknown('no name server answers');
  return pass(`no wildcard in ${[...new Set(asked.map(({ name }) => name.slice(label.length + 1)))].join(', ')}`);
}
