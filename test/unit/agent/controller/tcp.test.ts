import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createResolve } from '../../../../agent/controller/name.ts';
import { connectTcp } from '../../../../agent/controller/tcp.ts';
import { failureOf } from '../../../support/agent-client.ts';

const never = new AbortController().signal;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(host: string): Promise<number> {
  const server = createServer(socket => closing.push(() => socket.destroy()));
  server.listen(0, host);
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A stopped process whose queue of connections is full: the kernel drops what comes, as a firewall does. */
async function listenDeaf(host: string, port: number): Promise<void> {
  const program = `require('node:net').createServer().listen({ host: '${host}', port: ${port}, backlog: 1 }, () => console.log(1))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  closing.push(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  for (let i = 0; i < 2; i++) {
    const filler = connect({ host, port });
    closing.push(() => filler.destroy());
    await once(filler, 'connect');
  }
}

test('the next address is tried at once when one refuses', async () => {
  const port = await listen('127.0.0.1');
  const refusing = { address: '127.0.0.2', family: 4 } as const;
  const socket = await connectTcp([refusing, { address: '127.0.0.1', family: 4 }], port, never);
  expect(socket.remoteAddress).toBe('127.0.0.1');
  socket.destroy();
});

test('an address that never answers does not hold up the next', async () => {
  const port = await listen('127.0.0.1');
  await listenDeaf('127.0.0.2', port);
  const addresses = ['127.0.0.2', '127.0.0.1'].map(address => ({ address, family: 4 }) as const);
  const socket = await connectTcp(addresses, port, never);
  expect(socket.remoteAddress).toBe('127.0.0.1');
  socket.destroy();
});

test('every address and its reason are named', async () => {
  const addresses = ['127.0.0.1', '127.0.0.2'].map(address => ({ address, family: 4 }) as const);
  const error = await failureOf(connectTcp(addresses, 1, never));
  expect(error).toMatchObject({ check: 'tcp', seen: '127.0.0.1: ECONNREFUSED, 127.0.0.2: ECONNREFUSED' });
});

test('no address at all is a matter of the name', async () => {
  expect(await failureOf(connectTcp([], 1, never))).toMatchObject({ check: 'name' });
});

test('no way to the address is told apart', async () => {
  // Connecting to it is refused by the kernel itself, whatever the routes are.
  const error = await failureOf(connectTcp([{ address: '255.255.255.255', family: 4 }], 1, never));
  expect(error.check).toBe('address');
});

test('an abort ends it with its reason', async () => {
  const stop = new AbortController();
  const pending = connectTcp([{ address: '127.0.0.1', family: 4 }], 1, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(pending).rejects.toThrow('stopped');
});

test('addresses need no resolver, and look-ups of one name are shared', async () => {
  const resolve = createResolve();
  expect(await resolve('::1')).toEqual([{ address: '::1', family: 6 }]);
  expect(resolve('localhost')).toBe(resolve('localhost'));
  expect((await resolve('localhost')).length).toBeGreaterThan(0);
});
