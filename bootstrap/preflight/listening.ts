import { formatIpv4, normalizeIpv6 } from '../facts/address.ts';
import { hint } from '../facts/text.ts';
import type { Files, Host } from '../host/host.ts';

/** A socket that waits for others on a port of this machine. */
export interface Listening {
  readonly protocol: 'tcp' | 'udp';
  /** "0.0.0.0", "::", "127.0.0.53" */
  readonly address: string;
  readonly port: number;
}

/** `unit`: the service of systemd that it belongs to. */
export interface Holder {
  readonly name: string;
  readonly pid: number;
  readonly unit: string | null;
}

/** Who waits on this port, of both families: every user may see that. null: the kernel shows no sockets. */
export async function listeningOn(
  running: Files,
  port: number,
  protocols: readonly Listening['protocol'][],
): Promise<Listening[] | null> {
  const found: Listening[] = [];
  for (const protocol of protocols) {
    const text = await running.readText(`/proc/net/${protocol}`);
    if (text === null) return null;
    // A kernel without IPv6 has no such file.
    const six = (await running.readText(`/proc/net/${protocol}6`)) ?? '';
    found.push(...parseSockets(text, protocol), ...parseSockets(six, protocol));
  }
  return found.filter(one => one.port === port);
}

const TCP_LISTEN = '0A';
/** A datagram socket that is bound and connected to nobody. */
const UDP_UNCONNECTED = '07';

/** Reads the text of /proc/net/{tcp,udp}{,6}: addresses are words of 32 bits, each in the processor's order. Never throws. */
export function parseSockets(text: string, protocol: Listening['protocol']): Listening[] {
  const waiting = protocol === 'tcp' ? TCP_LISTEN : UDP_UNCONNECTED;
  return text.split('\n').flatMap(line => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [hex = '', port = ''] = local.split(':');
    const address = hex.length === 8 ? formatIpv4(hex) : addressOfWords(hex);
    if (state !== waiting || address === null || !/^[0-9A-F]{4}$/.test(port)) return [];
    return [{ protocol, address, port: Number.parseInt(port, 16) }];
  });
}

function addressOfWords(hex: string): string | null {
  if (!/^[0-9A-F]{32}$/.test(hex)) return null;
  const bytes = Buffer.from(hex, 'hex').swap32().toString('hex');
  return normalizeIpv6(bytes.replace(/(.{4})(?!$)/g, '$1:'));
}

/** The processes behind a port, as far as this user may see them: root sees all, others only their own. */
export async function holdersOf(host: Pick<Host, 'run'>, running: Files, port: number): Promise<Holder[]> {
  const asked = await Promise.all(
    ['-t', '-u'].map(kind => host.run(['ss', '-H', '-l', '-n', '-p', kind, `sport = :${port}`])),
  );
  const seen = parseHolders(asked.map(({ stdout }) => stdout).join('\n'));
  return Promise.all(seen.map(async one => ({ ...one, unit: await unitOf(running, one.pid) })));
}

/** Reads the column `users:(("nginx",pid=812,fd=6),…)` of ss; each process once. Never throws. */
export function parseHolders(text: string): Omit<Holder, 'unit'>[] {
  const found = new Map<number, Omit<Holder, 'unit'>>();
  for (const [, name = '', digits = ''] of text.matchAll(/\("([^"]*)",pid=(\d+),fd=\d+\)/g)) {
    found.set(Number(digits), { name, pid: Number(digits) });
  }
  return [...found.values()];
}

async function unitOf(running: Files, pid: number): Promise<string | null> {
  const groups = (await hint(running.readText(`/proc/${pid}/cgroup`))) ?? '';
  return /\/([^/\s]+\.service)(\/|$)/m.exec(groups)?.[1] ?? null;
}
