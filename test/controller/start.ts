import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type AdminClient, connectAdmin } from './admin/client.ts';
import { createClock, DAY, HOUR, rfc3339, SECOND } from './clock.ts';
import { createFaultBoard } from './faults/board.ts';
import { buildServer } from './http/server.ts';
import { ADMIN_NAME, adminContext, CA_NAME, serverIdentity, serverNames } from './http/tls.ts';
import { servedRoutes } from './openapi/served.ts';
import type { Changes, Parts, Settings } from './parts.ts';
import { type Authority, createAuthority, openAuthority, readKeyPair } from './pki/authority.ts';
import { newStoredKeys, openSigningKeys, StoredKeys } from './pki/jws.ts';
import { pem } from './pki/pem.ts';
import { openRecords } from './records.ts';
import { createRequestLog, type RequestRecord } from './request-log.ts';
import { openStore } from './store.ts';

export interface ControllerOptions {
  /** The folder of everything that lasts: CA, keys, database, bundles, admin token. Made when missing. */
  readonly data: string;
  /** 127.0.0.1 and a free port by default. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Further names and addresses that the certificate of the server bears. */
  readonly names?: readonly string[];
  readonly settings?: Partial<Settings>;
}

export interface RunningController {
  /** https://host:port, without a path. */
  readonly url: string;
  readonly data: string;
  /** The CA of the Controller, PEM. */
  readonly ca: string;
  readonly adminToken: string;
  readonly admin: AdminClient;
  /** Every request of agents and operators, oldest first. */
  readonly records: readonly RequestRecord[];
  /** The first record, seen already or yet to come, that fits. */
  recorded(fits: (record: RequestRecord) => boolean): Promise<RequestRecord>;
  /** Ends every connection and closes the database. */
  close(): Promise<void>;
}

/** Starts a Controller. Two on the same folder at a time are not meant to be. */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { data, listen = { host: '127.0.0.1', port: 0 } } = options;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const closing = new AbortController();
  const changes: Changes = new EventEmitter();
  changes.setMaxListeners(0);
  const clock = createClock();
  const store = openStore(path.join(data, 'controller.sqlite'));
  const records = openRecords(store);
  const requests = createRequestLog();
  const faults = createFaultBoard();
  let url = '';
  const parts: Parts = {
    clock,
    store,
    records,
    requests,
    faults,
    changes,
    authority: await openCa(data),
    signingKeys: openSigningKeys(StoredKeys.parse(JSON.parse(kept(data, 'config-keys.json', newKeys)))),
    joinSecret: Buffer.from(kept(data, 'join-secret', newSecret), 'base64url'),
    adminToken: kept(data, 'admin-token', newSecret).trim(),
    bundleFolder: path.join(data, 'bundles'),
    settings: { ...DEFAULT_SETTINGS, ...options.settings },
    closing: closing.signal,
    defaultUrl: () => url,
    refreshServer: () => refresh(),
    audit: (actor, action, subject, detail = {}) => {
      const at = rfc3339(clock.now());
      records.audit.put(`${at}-${randomBytes(8).toString('hex')}`, { at, actor, action, subject, detail });
      queueMicrotask(() => changes.emit('change', { kind: 'audit', at, subject, state: action }));
    },
  };
  const names = (): string[] => {
    const hosts = records.clusters.list().flatMap(({ controllerUrls }) => controllerUrls.map(hostOf));
    return serverNames(listen.host, [...(options.names ?? []), ...hosts]);
  };
  let shown = '';
  let renewAt = 0;
  const refresh = async (): Promise<void> => {
    clock.skew = faults.skewSeconds() * SECOND;
    const wanted = JSON.stringify([names(), clock.skew, standing.map(faults.isOn)]);
    if (wanted === shown && clock.now() < renewAt) return;
    const identity = await serverIdentity(parts, names());
    shown = wanted;
    renewAt = identity.renewAt;
    app.server.setSecureContext(identity.context);
    app.server.closeIdleConnections();
  };
  const standing = ['expired-server-certificate', 'foreign-server-certificate'] as const;
  const forAdmin = await adminContext(parts.authority);
  const app = buildServer(parts, servedRoutes, {
    ...(await serverIdentity(parts, names())).context,
    SNICallback: (name, done) => done(null, name === ADMIN_NAME ? forAdmin : undefined),
  });
  await refresh();
  await app.listen({ host: listen.host, port: listen.port });
  url = `https://${bracketed(listen.host)}:${portOf(app.server.address())}`;
  const renewal = setInterval(() => void refresh(), HOUR).unref();
  const local = `https://${bracketed(reachable(listen.host))}:${portOf(app.server.address())}`;
  writeFileSync(path.join(data, 'controller.json'), JSON.stringify({ url: local, pid: process.pid }));
  const admin = connectAdmin({ url: local, token: parts.adminToken, ca: parts.authority.pem });
  return {
    url,
    data,
    ca: parts.authority.pem,
    adminToken: parts.adminToken,
    admin,
    records: requests.all,
    recorded: requests.find,
    close: async () => {
      clearInterval(renewal);
      closing.abort();
      await admin.close();
      await app.close();
      store.close();
    },
  };
}

const DEFAULT_SETTINGS: Settings = {
  rateLimit: null,
  longPollMaxSeconds: 50,
  autoApprove: false,
  controllerVersion: '2.0.0',
  retryAfterSeconds: null,
};

/** The CA lives as long as the folder does. It is older than itself, so that machines with a slow clock trust it. */
async function openCa(data: string): Promise<Authority> {
  const folder = path.join(data, 'ca');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const now = Date.now();
  const fresh = await createAuthority(CA_NAME, new Date(now - 365 * DAY), new Date(now + 25 * 365 * DAY));
  const key = kept(folder, 'key.pem', () => pem('PRIVATE KEY', fresh.key.pkcs8));
  const certificate = kept(folder, 'cert.pem', () => fresh.pem);
  chmodSync(path.join(folder, 'cert.pem'), 0o644);
  return openAuthority(certificate, readKeyPair(key));
}

/** The content of a file that is made, for the owner alone, when it is missing. */
function kept(folder: string, name: string, make: () => string): string {
  const file = path.join(folder, name);
  try {
    writeFileSync(file, make(), { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8');
}

function newKeys(): string {
  return JSON.stringify(newStoredKeys(2));
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
}

function portOf(address: string | { port: number } | null): number {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}
