import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Credentials, openCredentials } from '../../agent/controller/credentials/open-credentials.ts';
import { startController } from '../controller/start.ts';
import { bootstrapIdentity, type Identity, openClient, type RawClient } from './raw-agent.ts';

/** The Controller under test: the reference one, or the one that the environment names. */
export interface Subject {
  readonly url: string;
  readonly credentials: Credentials;
  readonly bootstrap: RawClient;
  /** Closed with the subject. Without an identity it shows no certificate. */
  client(identity: Identity | null): RawClient;
  /** An edge name that no earlier run has used. */
  newName(what: string): string;
  close(): Promise<void>;
}

/**
 * CONJURER_CONTROLLER_URL, CONJURER_CONTROLLER_PASSPHRASE and CONJURER_CONTROLLER_CREDENTIALS (two paths) name another
 * Controller and the files of a cluster on it that approves by itself; the cluster is left with nodes that are
 * decommissioned. Without the first a reference Controller is started on a throw-away folder.
 */
export async function openSubject(): Promise<Subject> {
  const clients: RawClient[] = [];
  const { url, files, close } = await find();
  const credentials = await openCredentials({
    passphrase: Buffer.from(files.passphrase),
    credentials: Buffer.from(files.credentials),
    now: new Date(),
  });
  const client = (identity: Identity | null) => {
    const opened = openClient(url, credentials.cas.join('\n'), identity);
    clients.push(opened);
    return opened;
  };
  const run = randomBytes(4).toString('hex');
  return {
    url,
    credentials,
    client,
    bootstrap: client(bootstrapIdentity(files)),
    newName: what => `suite-${run}-${what}`,
    async close() {
      await Promise.all(clients.map(opened => opened.close()));
      await close();
    },
  };
}

interface Found {
  readonly url: string;
  readonly files: { readonly passphrase: string; readonly credentials: string };
  close(): Promise<void>;
}

async function find(): Promise<Found> {
  const url = process.env.CONJURER_CONTROLLER_URL;
  if (url === undefined) return startOwn();
  const file = (name: string) => {
    const given = process.env[name];
    if (given === undefined) throw new Error(`CONJURER_CONTROLLER_URL is set, so ${name} must name a file`);
    return readFile(given, 'utf8');
  };
  const passphrase = await file('CONJURER_CONTROLLER_PASSPHRASE');
  const credentials = await file('CONJURER_CONTROLLER_CREDENTIALS');
  return { url, files: { passphrase, credentials }, close: async () => undefined };
}

async function startOwn(): Promise<Found> {
  const folder = await mkdtemp(path.join(tmpdir(), 'conjurer-subject-'));
  const controller = await startController({ data: folder });
  const files = await controller.admin.createCluster({ clusterId: 'cluster-1', autoApprove: true });
  return {
    url: controller.url,
    files,
    async close() {
      await controller.close();
      await rm(folder, { recursive: true });
    },
  };
}
