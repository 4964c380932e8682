import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { parseSockets, sessionRules } from '../../../../bootstrap/firewall/sessions.ts';

const header = '  sl  local_address rem_address   st tx_queue rx_queue\n';

it('reads the connections that are open with other machines', () => {
  const text =
    header +
    '   0: 00000000:0016 00000000:0000 0A 00000000:00000000\n' +
    '   1: 0A0200C0:0016 4D0200C0:C350 01 00000000:00000000\n' +
    '   2: 0100007F:0016 0100007F:C351 01 00000000:00000000\n';
  expect(parseSockets(text)).toEqual([
    { family: 'ipv4', local: '192.0.2.10', localPort: 22, remote: '192.0.2.77', remotePort: 50_000 },
  ]);
});

it('reads IPv6, and IPv4 on sockets of IPv6', () => {
  const text =
    header +
    '   1: B80D0120000000000000000010000000:0016 B80D0120000000000000000077000000:C350 01\n' +
    '   2: 0000000000000000FFFF00000A0200C0:0016 0000000000000000FFFF00004D0200C0:C351 01\n';
  expect(parseSockets(text).map(session => [session.family, session.local, session.remote])).toEqual([
    ['ipv6', '2001:db8:0:0:0:0:0:10', '2001:db8:0:0:0:0:0:77'],
    ['ipv4', '192.0.2.10', '192.0.2.77'],
  ]);
});

it('lets in exactly that connection', () => {
  const session = {
    family: 'ipv4',
    local: '192.0.2.10',
    localPort: 22,
    remote: '192.0.2.77',
    remotePort: 50_000,
  } as const;
  expect(sessionRules([session], 'ipv4')).toEqual([
    '-s 192.0.2.77/32 -d 192.0.2.10/32 -p tcp -m tcp --sport 50000 --dport 22 -j ACCEPT',
  ]);
  expect(sessionRules([session], 'ipv6')).toEqual([]);
});

it('understands the kernel of this machine, whose loopback it leaves out', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const text = await readFile('/proc/net/tcp', 'utf8');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  expect(text).toContain(`0100007F:${hex}`);
  expect(parseSockets(text).some(session => session.localPort === port)).toBe(false);
  const asOther = text.replaceAll('0100007F', '0A0200C0');
  expect(parseSockets(asOther).some(session => session.localPort === port && session.local === '192.0.2.10')).toBe(
    true,
  );
});
