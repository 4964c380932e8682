import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { askNameServer } from '../../agent/controller/name-server.ts';
import { answerTo } from '../support/name-server.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

async function startNameServer(answer: (query: Buffer) => Buffer | null): Promise<string> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (query, from) => {
    const bytes = answer(query);
    if (bytes !== null) socket.send(bytes, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return `127.0.0.1:${socket.address().port}`;
}

const { signal } = new AbortController();

test('each server is asked by itself: two that differ say different things of the same name', async () => {
  const one = await startNameServer(query => answerTo(query, { 'controller.example.com': '203.0.113.7' }));
  const other = await startNameServer(query => answerTo(query, {}));
  expect(await askNameServer(one, 'controller.example.com', signal)).toEqual({
    kind: 'addresses',
    addresses: ['203.0.113.7'],
  });
  expect(await askNameServer(other, 'controller.example.com', signal)).toEqual({ kind: 'unknown-name' });
});

test('neither the search domains nor the hosts file of this machine have a say', async () => {
  const asked: string[] = [];
  const server = await startNameServer(query => {
    asked.push(query.toString('latin1', 13, 13 + (query[12] ?? 0)));
    return answerTo(query, {});
  });
  expect(await askNameServer(server, 'localhost.example', signal)).toEqual({ kind: 'unknown-name' });
  expect(new Set(asked)).toEqual(new Set(['localhost']));
});

test('a server that refuses, is not there, or is silent gives no answer', async () => {
  const refusing = await startNameServer(query => {
    const answer = answerTo(query, {});
    answer.writeUInt16BE(0x8185, 2);
    return answer;
  });
  expect(await askNameServer(refusing, 'a.example', signal)).toEqual({ kind: 'no-answer', code: 'EREFUSED' });
  const gone = createSocket('udp4');
  gone.bind(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address();
  gone.close();
  expect(await askNameServer(`127.0.0.1:${port}`, 'a.example', signal)).toMatchObject({ kind: 'no-answer' });
  const silent = await startNameServer(() => null);
  expect(await askNameServer(silent, 'a.example', signal)).toEqual({ kind: 'no-answer', code: 'ETIMEOUT' });
  expect(await askNameServer('not an address', 'a.example', signal)).toMatchObject({ kind: 'no-answer' });
});

test('whoever stops the program need not wait for an answer', async () => {
  const silent = await startNameServer(() => null);
  const stop = new AbortController();
  const asking = askNameServer(silent, 'a.example', stop.signal);
  stop.abort(new Error('enough'));
  await expect(asking).rejects.toThrow('enough');
});
