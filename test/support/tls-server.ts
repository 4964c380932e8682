import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientIdentity } from '../../agent/controller/tls.ts';

export interface TlsServer {
  readonly port: number;
  /** https://localhost:port */
  readonly url: string;
  readonly server: Server;
  /** TLS connections accepted so far. */
  readonly connections: number;
  /** Resolves when no connection is open any more. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

/** A real HTTPS server on loopback that asks for a client certificate, as the Controller does, and accepts any. */
export async function startTlsServer(
  identity: ClientIdentity,
  respond: RequestListener,
  options: ServerOptions = {},
): Promise<TlsServer> {
  const server = createServer(
    { ...identity, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3', ...options },
    respond,
  );
  const open = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      open.delete(socket);
      if (open.size === 0) server.emit('drained');
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    connections++;
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `https://localhost:${port}`,
    server,
    get connections() {
      return connections;
    },
    async drained() {
      if (open.size > 0) await once(server, 'drained');
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
