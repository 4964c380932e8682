import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { openStation, type Plug, type Station, stationMac } from '../../vm/station.ts';

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

it('is a switch: what is for all goes to all others, what is for one card to that one, its own to nobody', async () => {
  const station: Station = await openStation({ addresses: ['192.0.2.1'], names: {} });
  opened.push(station);
  const [one, two, three] = [
    await card(await station.plug()),
    await card(await station.plug()),
    await card(await station.plug()),
  ];
  one.send('ff'.repeat(6), '525400000001', 'for all');
  expect([await two.next(), await three.next()]).toEqual(['for all', 'for all']);
  two.send('525400000001', '525400000002', 'for the first');
  three.send(stationMac.replaceAll(':', ''), '525400000003', 'for the station');
  three.send('525400000001', '525400000003', 'from the third');
  expect([await one.next(), await one.next()].sort()).toEqual(['for the first', 'from the third']);
  one.send('ff'.repeat(6), '525400000001', 'the last');
  expect([await two.next(), await three.next()]).toEqual(['the last', 'the last']);
});

/** A card as QEMU has it: each frame is a datagram. Of a type that no station knows. */
async function card({ send, receive }: Plug) {
  const socket = createSocket('udp4');
  opened.push(socket);
  const waiting: string[] = [];
  socket.on('message', frame => {
    waiting.push(frame.toString('latin1', 14));
    socket.emit('frame');
  });
  socket.bind(receive, '127.0.0.1');
  await once(socket, 'listening');
  return {
    send: (to: string, from: string, text: string) =>
      socket.send(Buffer.concat([Buffer.from(`${to}${from}88b5`, 'hex'), Buffer.from(text)]), send, '127.0.0.1'),
    async next(): Promise<string> {
      while (waiting.length === 0) await once(socket, 'frame');
      return waiting.shift() ?? '';
    },
  };
}
