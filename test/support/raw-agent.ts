import 'reflect-metadata';
import { createHash, createPrivateKey, webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { Agent, type Dispatcher, request } from 'undici';
import { type KeyPair, newP256Key } from '../controller/pki/keys.ts';
import { pem } from '../controller/pki/pem.ts';

/** A client certificate with its key, both PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined when it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: the assertions of a test look into it as they like
  readonly json: any;
}

export interface RawRequest {
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON, bytes and text as they are. */
  readonly body?: unknown;
  readonly contentType?: string;
}

/** HTTP and nothing else: no retry, no parsing rules, one connection pool under one identity. */
export interface RawClient {
  send(method: Dispatcher.HttpMethod, path: string, options?: RawRequest): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** `datesMatter` false: the certificate of the server is taken as it comes, for a Controller whose clock is shifted. */
export function openClient(url: string, ca: string, identity: Identity | null, datesMatter = true): RawClient {
  const tls = { ca, rejectUnauthorized: datesMatter, minVersion: 'TLSv1.3', ...identity } as const;
  const dispatcher = new Agent({ connect: tls, bodyTimeout: 5_000, headersTimeout: 20_000 });
  return {
    send: async (method, path, { headers = {}, body, contentType = 'application/json' } = {}) => {
      const raw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
      const response = await request(`${url}/conjurer/v1${path}`, {
        dispatcher,
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': contentType }), ...headers },
        ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
      });
      const text = await response.body.text();
      return { status: response.statusCode, headers: response.headers, text, json: parse(text) };
    },
    close: () => dispatcher.destroy(),
  };
}

/** What the two files of a cluster hold, read without any of the checks of an agent. */
export function bootstrapIdentity({ passphrase, credentials }: { passphrase: string; credentials: string }): Identity {
  const key = createPrivateKey({ key: credentials, format: 'pem', passphrase: passphrase.replace(/\r?\n$/, '') });
  const cert = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(credentials)?.[0];
  if (cert === undefined) throw new Error('no certificate in the credentials');
  return { cert, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

export function keyPem(key: KeyPair): string {
  return pem('PRIVATE KEY', key.pkcs8);
}

/** A certificate request by this key, as an agent makes it. */
export async function makeCsr(key: KeyPair, clusterId: string, edgeName: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const sans = [{ type: 'url' as const, value: `urn:conjurer:cluster:${clusterId}:edge:${edgeName}` }];
  const made = await Pkcs10CertificateRequestGenerator.create({
    name: [{ O: ['conjurer:nodes'] }, { OU: [clusterId] }, { CN: [edgeName] }],
    keys: {
      privateKey: await webcrypto.subtle.importKey('pkcs8', key.pkcs8, algorithm, false, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', key.spki, algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension(sans)],
  });
  return pem('CERTIFICATE REQUEST', new Uint8Array(made.rawData));
}

export function idempotencyKey(clusterId: string, edgeName: string, spki: Buffer): string {
  return createHash('sha256').update(`${clusterId}\0${edgeName}\0`).update(spki).digest('base64url');
}

/** A machine that registers: its key, and the request that it sends byte for byte each time. */
export interface RawMachine {
  readonly key: KeyPair;
  readonly edgeName: string;
  readonly body: string;
  readonly idempotencyKey: string;
}

export interface MachineShape {
  readonly edgeName?: string;
  readonly key?: KeyPair;
  readonly smbiosUuid?: string | null;
  readonly serial?: string | null;
  /** Fields of the request in place of the usual ones. */
  readonly changes?: Readonly<Record<string, unknown>>;
}

export async function makeMachine(clusterId: string, shape: MachineShape = {}): Promise<RawMachine> {
  const { edgeName = 'edge-001', key = newP256Key(), smbiosUuid = 'uuid-1', serial = 'serial-1' } = shape;
  const request = {
    edgeName,
    csr: await makeCsr(key, clusterId, edgeName),
    image: null,
    agentVersion: '0.1.0',
    protocol: 1,
    instanceId: null,
    bootId: 'boot-1',
    hardware: {
      smbiosUuid,
      serial,
      machineIdHash: null,
      macs: ['52:54:00:00:00:01'],
      vendor: null,
      product: null,
      virtualization: null,
    },
    resources: { cpus: 2, memoryMiB: 2048, diskGiB: null },
    intent: 'new',
    ...shape.changes,
  };
  const body = JSON.stringify(request);
  return { key, edgeName, body, idempotencyKey: idempotencyKey(clusterId, edgeName, key.spki) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
