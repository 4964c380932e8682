import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Client } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { handOver } from '../../../../agent/controller/hand-over.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A connection to a server that answers one request and then hangs up. */
async function openConnection() {
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

function openClient(socket: Awaited<ReturnType<typeof openConnection>>): Client {
  const client = new Client('http://localhost', { connect: handOver(socket) });
  closing.push(() => client.destroy());
  return client;
}

test('the connection is used, once', async () => {
  const socket = await openConnection();
  const client = openClient(socket);
  const { statusCode, body } = await client.request({ method: 'GET', path: '/' });
  expect([statusCode, await body.text()]).toEqual([200, 'ok']);
  if (!socket.closed) await once(socket, 'close');
  await expect(client.request({ method: 'GET', path: '/' })).rejects.toThrow('the connection was closed');
});

test('a connection that is gone before it is used fails the request instead of being dialled again', async () => {
  const socket = await openConnection();
  socket.destroy();
  await expect(openClient(socket).request({ method: 'GET', path: '/' })).rejects.toThrow('the connection was closed');
});
