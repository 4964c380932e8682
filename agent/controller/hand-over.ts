import type { Socket } from 'node:net';
import type { Client } from 'undici';

type Connector = Extract<NonNullable<Client.Options['connect']>, (...args: never[]) => unknown>;

/** A connector for undici that gives it a connection that already stands, once: it shall never open one by itself. */
export function handOver(socket: Socket): Connector {
  let given = false;
  return (_options, done) => {
    const usable = !given && !socket.destroyed;
    given = true;
    // Later, since undici does not go on when it is called back before its own call has returned.
    queueMicrotask(() => (usable ? done(null, socket) : done(new Error('the connection was closed'), null)));
  };
}
