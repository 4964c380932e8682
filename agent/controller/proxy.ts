import { AgentError } from '../../bootstrap/errors.ts';
import { matchesNoProxy } from './no-proxy.ts';

/** `proxy:` of the configuration. Empty strings mean none. User and password travel in the URL. */
export interface ProxyConfig {
  readonly http: string;
  readonly https: string;
  readonly noProxy: readonly string[];
  /** PEM, one or more certificates that a proxy reached by https is verified against; null: the CAs built into Node. */
  readonly caPem: string | null;
}

/** The proxy for one target. */
export interface HttpProxy {
  readonly host: string;
  readonly port: number;
  /** TLS to the proxy itself. */
  readonly secure: boolean;
  /** What may be shown: scheme, host and port, never user and password. */
  readonly shown: string;
  /** Value of Proxy-Authorization. A secret. */
  readonly authorization: string | null;
  readonly caPem: string | null;
}

/**
 * The proxy that leads to `target` (https), or null where none is meant for it. Only the configuration counts, never the
 * environment. Throws `E_CONFIG_INVALID` for a proxy that is not an http or https URL.
 */
export function chooseProxy(target: URL, config: ProxyConfig | null): HttpProxy | null {
  if (config === null || config.https === '') return null;
  if (matchesNoProxy(hostOf(target), portOf(target), config.noProxy)) return null;
  const url = URL.canParse(config.https) ? new URL(config.https) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new AgentError('E_CONFIG_INVALID', 'proxy.https is not the address of a proxy', {
      seen: url === null ? 'not a URL' : url.protocol,
      wanted: 'http://[user:password@]host:port or https://…',
    });
  }
  return {
    host: hostOf(url),
    port: portOf(url),
    secure: url.protocol === 'https:',
    shown: url.origin,
    authorization: authorizationOf(url),
    caPem: config.caPem,
  };
}

/** Name or address, without the brackets of an IPv6 literal. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function authorizationOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const pair = `${decode(username)}:${decode(password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

/** A stray % in a password is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
