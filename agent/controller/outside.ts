import { isIP } from 'node:net';
import type { Outside } from '../../bootstrap/preflight/outside.ts';
import type { Dialing } from './dial.ts';
import { askNameServer } from './name-server.ts';
import { chooseProxy, hostOf } from './proxy.ts';
import { askRegistry } from './registry.ts';

/** Where the Controller is, as far as a check needs it to know what this machine must reach. */
export interface Destination extends Omit<Dialing, 'resolve'> {
  readonly urls: readonly string[];
}

/** The real network. `find` null: nobody can say where the Controller is; `usual` then serves for all else. */
export function createOutside(find: () => Promise<Destination | null>, usual: Omit<Dialing, 'resolve'>): Outside {
  return {
    async names() {
      const destination = await find();
      if (destination === null) return null;
      const hosts = destination.urls.map(text => {
        const url = new URL(text);
        return chooseProxy(url, destination.proxy)?.host ?? hostOf(url);
      });
      return [...new Set(hosts)].filter(host => isIP(host) === 0 && !/(^|\.)localhost\.?$/.test(host));
    },
    askNameServer,
    askRegistry: async (registry, signal) => askRegistry(registry, (await find()) ?? usual, signal),
  };
}
