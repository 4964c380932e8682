import type { Files } from '../host/host.ts';
import type { Family } from './settings.ts';

/** A TCP connection that is open now. */
export interface Session {
  readonly family: Family;
  readonly local: string;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
}

const established = '01';
/** A node that is being set up has some tens; more would be a load balancer's, which knows how to connect again. */
const most = 500;

/**
 * The TCP connections of this machine with others. The kernel begins to track connections with the first rule that asks
 * for it, and does not know those that were open before: to it a packet of an ssh session is then a new connection.
 */
export async function openSessions(files: Pick<Files, 'readText'>): Promise<Session[]> {
  const [four, six] = await Promise.all([files.readText('/proc/net/tcp'), files.readText('/proc/net/tcp6')]);
  return [...parseSockets(four ?? ''), ...parseSockets(six ?? '')].slice(0, most);
}

/** The rules that let the packets of these sessions in, and nothing else. */
export function sessionRules(sessions: readonly Session[], family: Family): string[] {
  const width = family === 'ipv4' ? 32 : 128;
  return sessions
    .filter(session => session.family === family)
    .map(
      ({ local, localPort, remote, remotePort }) =>
        `-s ${remote}/${width} -d ${local}/${width} -p tcp -m tcp --sport ${remotePort} --dport ${localPort} -j ACCEPT`,
    );
}

/** /proc/net/tcp or tcp6: addresses in hexadecimal, each 32 bits in the byte order of the machine. */
export function parseSockets(text: string): Session[] {
  return text.split('\n').flatMap(line => {
    const [, local = '', remote = '', state] = line.trim().split(/\s+/);
    const [here, there] = [parseEnd(local), parseEnd(remote)];
    if (state !== established || here === null || there === null || isLoopback(there.address)) return [];
    const { family, address, port } = here;
    return [{ family, local: address, localPort: port, remote: there.address, remotePort: there.port }];
  });
}

function parseEnd(text: string): { family: Family; address: string; port: number } | null {
  const match = /^((?:[0-9A-F]{8}){1,4}):([0-9A-F]{4})$/.exec(text);
  if (match === null) return null;
  const words = (match[1] ?? '').match(/.{8}/g) ?? [];
  const bytes = words.flatMap(word => [...Buffer.from(word, 'hex')].reverse());
  const port = Number.parseInt(match[2] ?? '', 16);
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every(byte => byte === 0) && bytes[10] === 255;
  if (bytes.length === 4 || mapped) return { family: 'ipv4', address: bytes.slice(-4).join('.'), port };
  const groups = bytes.flatMap((byte, at) => (at % 2 === 0 ? [((byte << 8) | (bytes[at + 1] ?? 0)).toString(16)] : []));
  return { family: 'ipv6', address: groups.join(':'), port };
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '0:0:0:0:0:0:0:1';
}
