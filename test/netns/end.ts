import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { answerTo } from '../support/name-server.ts';

/**
 * One end of the packets: a process in a network namespace that does what its stdin says, a JSON object a line, and
 * answers each with one. It is run by laboratory.ts.
 */
export type Order =
  /** Answers what it is sent, on these TCP ports, IPv4 and IPv6. */
  | { readonly do: 'listen'; readonly ports: readonly number[] }
  /** Whether a TCP connection opens within `ms`. */
  | { readonly do: 'connect'; readonly to: string; readonly port: number; readonly from?: string; readonly ms: number }
  /** Opens a TCP connection and keeps it, under a name. */
  | { readonly do: 'hold'; readonly name: string; readonly to: string; readonly port: number }
  /** Whether the kept connection carries a line there and back within `ms`. */
  | { readonly do: 'echo'; readonly name: string; readonly ms: number }
  /** Connects again and again until `stop`; then says how often it could and could not. */
  | { readonly do: 'stream'; readonly name: string; readonly to: string; readonly port: number; readonly ms: number }
  | { readonly do: 'stop'; readonly name: string }
  /** Waits for a datagram at this UDP port; `received` says whether one came before `ms` had passed. */
  | { readonly do: 'bind'; readonly port: number; readonly ms: number }
  | { readonly do: 'received'; readonly port: number }
  /** Answers DNS queries at this address, port 53: by name the IPv4 address, or `*` for all that end so. */
  | { readonly do: 'name-server'; readonly address: string; readonly names: Readonly<Record<string, string>> }
  | { readonly do: 'send'; readonly from: number; readonly to: string; readonly port: number };

const held = new Map<string, Socket>();
const bound = new Map<number, Promise<boolean>>();
const streams = new Map<string, { stopping: boolean; ended: Promise<{ opened: number; failed: number }> }>();

async function carryOut(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'listen':
      await Promise.all(order.ports.map(listen));
      return true;
    case 'connect':
      return (await open(order)) !== null;
    case 'hold': {
      const socket = await open({ ...order, ms: 5000 }, true);
      if (socket === null) return false;
      held.set(order.name, socket);
      return true;
    }
    case 'echo':
      return echo(held.get(order.name), order.ms);
    case 'stream': {
      const stream = { stopping: false, ended: Promise.resolve({ opened: 0, failed: 0 }) };
      stream.ended = keepConnecting(order, () => stream.stopping);
      streams.set(order.name, stream);
      return true;
    }
    case 'stop': {
      const stream = streams.get(order.name);
      if (stream === undefined) return null;
      stream.stopping = true;
      return stream.ended;
    }
    case 'bind':
      return new Promise(resolve => {
        bound.set(
          order.port,
          receive(order.port, order.ms, () => resolve(true)),
        );
      });
    case 'received':
      return bound.get(order.port);
    case 'name-server':
      return serveNames(order);
    case 'send':
      return send(order);
  }
}

function listen(port: number): Promise<void> {
  const server = createServer(socket => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '::', resolve);
  });
}

function open(
  { to, port, from, ms }: { to: string; port: number; from?: string; ms: number },
  keep = false,
): Promise<Socket | null> {
  return new Promise(resolve => {
    const socket = connect({ host: to, port, ...(from === undefined ? {} : { localAddress: from }) });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(null);
    }, ms);
    socket.once('connect', () => {
      clearTimeout(timer);
      if (!keep) socket.resetAndDestroy();
      resolve(socket);
    });
    socket.on('error', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

function echo(socket: Socket | undefined, ms: number): Promise<boolean> {
  return new Promise(resolve => {
    if (socket === undefined || socket.destroyed) return resolve(false);
    const timer = setTimeout(() => resolve(false), ms);
    socket.once('data', () => {
      clearTimeout(timer);
      resolve(true);
    });
    socket.write('line\n');
  });
}

async function keepConnecting(order: Extract<Order, { do: 'stream' }>, stopping: () => boolean) {
  const count = { opened: 0, failed: 0 };
  while (!stopping()) {
    if ((await open(order)) === null) count.failed += 1;
    else count.opened += 1;
  }
  return count;
}

function receive(port: number, ms: number, ready: () => void): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createSocket({ type: 'udp6' });
    const end = (arrived: boolean) => {
      clearTimeout(timer);
      socket.close(() => resolve(arrived));
    };
    const timer = setTimeout(() => end(false), ms);
    socket.once('message', () => end(true));
    socket.bind(port, '::', ready);
  });
}

function serveNames({ address, names }: Extract<Order, { do: 'name-server' }>): Promise<boolean> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => socket.send(answerTo(query, names), from.port, from.address));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(53, address, () => resolve(true));
  });
}

function send({ from, to, port }: Extract<Order, { do: 'send' }>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: to.includes(':') ? 'udp6' : 'udp4' });
    socket.once('error', reject);
    socket.bind(from, () => {
      socket.send('hello', port, to, error => socket.close(() => (error ? reject(error) : resolve(true))));
    });
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...order } = JSON.parse(line) as Order & { id: number };
  carryOut(order as Order).then(
    answer => process.stdout.write(`${JSON.stringify({ id, answer })}\n`),
    (error: unknown) => process.stdout.write(`${JSON.stringify({ id, error: String(error) })}\n`),
  );
}
