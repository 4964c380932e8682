import type { FetchFrom } from '../../bootstrap/components/updates/download.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import { openDownload } from '../controller/download.ts';
import type { ProxyConfig } from '../controller/proxy.ts';
import { readNodeIdentity } from './identity-store.ts';
import type { Link } from './link.ts';
import type { State } from './state.ts';

/** Fetches what the signed configuration names, by the trust and the proxy in force; as this node from the Controller. */
export function fetchUpdate(parts: {
  readonly host: Host;
  readonly state: State;
  readonly link: Pick<Link, 'trust' | 'patience'>;
  proxy(): Promise<ProxyConfig | null>;
}): FetchFrom {
  const { host, state, link } = parts;
  return async (url, offset, signal) => {
    const { controllerUrls, cas } = await link.trust();
    const client = await readNodeIdentity(host.files, state);
    const identity = client === null ? null : { origins: controllerUrls.map(one => new URL(one).origin), client };
    const proxy = await parts.proxy();
    return openDownload(url, offset, { cas, identity, proxy, patience: link.patience, clock: host.clock }, signal);
  };
}
