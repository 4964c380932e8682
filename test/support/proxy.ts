import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientIdentity } from '../../agent/controller/tls.ts';

export interface ProxyOptions {
  /** Wanted in Proxy-Authorization; else 407. */
  readonly user?: string;
  readonly password?: string;
  /** TLS on the way to the proxy itself. */
  readonly identity?: ClientIdentity;
  /** Answers every CONNECT so, without opening anything; header lines without CR LF. */
  readonly refuse?: { readonly status: number; readonly headers?: readonly string[]; readonly body?: string };
  /** Never answers. */
  readonly silent?: boolean;
}

export interface TestProxy {
  readonly port: number;
  /** host:port of every CONNECT that came, allowed or not. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** A small real CONNECT proxy on loopback. */
export async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const server: Server = options.identity === undefined ? createServer() : createSecureServer({ ...options.identity });
  const asked: string[] = [];
  const sockets = new Set<Duplex>();
  const hold = (socket: Duplex) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', hold);
  server.on('tlsClientError', () => {});
  server.on('connect', (request, client: Duplex) => {
    hold(client);
    const target = request.url ?? '';
    asked.push(target);
    if (options.silent) return;
    if (options.refuse !== undefined) return answer(client, options.refuse);
    if (!mayPass(request.headers['proxy-authorization'], options)) {
      return answer(client, { status: 407, headers: ['Proxy-Authenticate: Basic realm="test"'] });
    }
    tunnel(target, client, hold);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function tunnel(target: string, client: Duplex, hold: (socket: Socket) => void): void {
  const { hostname, port } = new URL(`tcp://${target}`);
  const upstream = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) });
  hold(upstream);
  upstream.once('connect', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(upstream).pipe(client);
  });
  upstream.once('error', () => answer(client, { status: 502 }));
  upstream.once('close', () => client.destroy());
  client.once('close', () => upstream.destroy());
}

function mayPass(header: string | undefined, { user, password }: ProxyOptions): boolean {
  if (user === undefined) return true;
  return header === `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
}

function answer(client: Duplex, { status, headers = [], body = '' }: NonNullable<ProxyOptions['refuse']>): void {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  client.end([`HTTP/1.1 ${status} Answer`, ...headers, length, '', body].join('\r\n'));
}
