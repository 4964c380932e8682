import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { bootstrapIdentity, makeMachine } from '../support/raw-agent.ts';

const NONCE = 'A'.repeat(22);

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterEach(() => lab.controller.admin.faultOff());
afterAll(() => lab.close());

const meta = () => lab.bootstrap.send('GET', '/meta');
const fault = (...args: Parameters<typeof lab.controller.admin.fault>) => lab.controller.admin.fault(...args);
const newConnection = () => lab.client(bootstrapIdentity(lab)).send('GET', '/meta');

async function codeOf(sent: Promise<unknown>): Promise<string> {
  const error: unknown = await sent.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof Error && 'code' in error ? String(error.code) : `no error but ${String(error)}`;
}

describe('faults', () => {
  test('an end by count, and by being switched off', async () => {
    await fault({ kind: 'maintenance', count: 2 });
    expect([(await meta()).status, (await meta()).status, (await meta()).status]).toEqual([503, 503, 200]);
    const { id } = await fault({ kind: 'maintenance' });
    expect((await meta()).status).toBe(503);
    expect((await lab.controller.admin.faults())[0]).toMatchObject({ id, struck: 1 });
    expect(await lab.controller.admin.faultOff(id)).toBe(1);
    expect((await meta()).status).toBe(200);
  });

  test('an aim by method, path and probability', async () => {
    await fault({ kind: 'maintenance', path: '/time' });
    await fault({ kind: 'maintenance', method: 'POST' });
    await fault({ kind: 'maintenance', probability: 0 });
    expect((await meta()).status).toBe(200);
    expect((await lab.client(null).send('GET', `/time?nonce=${NONCE}`)).status).toBe(503);
    await fault({ kind: 'maintenance', probability: 1 });
    expect((await meta()).status).toBe(503);
  });

  test('never the admin side', async () => {
    await fault({ kind: 'maintenance' });
    expect(await lab.controller.admin.clusters()).toHaveLength(1);
  });

  test('latency', async () => {
    await fault({ kind: 'latency', milliseconds: 300, count: 1 });
    const before = performance.now();
    expect((await meta()).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(299);
  });

  test.each([200, 502] as const)('html with %s', async status => {
    await fault({ kind: 'html', status });
    const answer = await meta();
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
    expect(answer.text).toContain('<html>');
  });

  test('redirect, unknown-problem', async () => {
    await fault({ kind: 'redirect', count: 1 });
    const redirect = await meta();
    expect([redirect.status, redirect.headers.location]).toEqual([307, 'https://elsewhere.invalid/']);
    await fault({ kind: 'unknown-problem', class: 'terminal', status: 418, count: 1 });
    expect((await meta()).json).toMatchObject({ status: 418, class: 'terminal', code: 'moon_phase_unsuitable' });
  });

  test.each(['99999999999', '-5', 'Wed, 21 Oct 2037 07:28:00 GMT'])('hostile-retry-after: %s', async value => {
    await fault({ kind: 'hostile-retry-after', value, count: 1 });
    expect((await meta()).headers['retry-after']).toBe(value);
  });

  test('oversized-body, gzip-bomb', async () => {
    await fault({ kind: 'oversized-body', count: 1 });
    const large = await meta();
    expect(large.text.length).toBe(2 * 1024 * 1024);
    expect(large.json.padding.length).toBeGreaterThan(2_000_000);
    await fault({ kind: 'gzip-bomb', count: 1, bytes: 8 * 1024 * 1024 });
    const { statusCode, headers, body } = await rawMeta();
    const packed = Buffer.from(await body.arrayBuffer());
    expect([statusCode, headers['content-encoding']]).toEqual([200, 'gzip']);
    expect(packed.length).toBeLessThan(100_000);
    expect(gunzipSync(packed).length).toBe(8 * 1024 * 1024);
  });

  test('cut-body, stalled-body, stalled-headers', async () => {
    await fault({ kind: 'cut-body', count: 1 });
    expect(await codeOf(meta())).toBe('UND_ERR_SOCKET');
    await fault({ kind: 'stalled-body', count: 1 });
    const patient = { headersTimeout: 500, bodyTimeout: 500 };
    expect(await codeOf(impatient(patient))).toBe('UND_ERR_BODY_TIMEOUT');
    await fault({ kind: 'stalled-headers', count: 1 });
    expect(await codeOf(impatient(patient))).toBe('UND_ERR_HEADERS_TIMEOUT');
  });

  test('lost-answer: the request is carried out, its answer never comes', async () => {
    const machine = await makeMachine(lab.clusterId, { edgeName: 'lost' });
    await fault({ kind: 'lost-answer', method: 'POST', count: 1 });
    expect(await codeOf(lab.register(machine))).toBe('UND_ERR_SOCKET');
    expect(lab.controller.records.at(-1)).toMatchObject({ method: 'POST', status: null, faults: ['lost-answer'] });
    expect(await lab.controller.admin.registrations({ edge: 'lost' })).toHaveLength(1);
    expect((await lab.register(machine)).status).toBe(200);
  });

  test.each(['signature', 'kid', 'alg-none', 'aud', 'nonce', 'generation', 'typ', 'cut'] as const)(
    'wrong-jws: %s and nothing else',
    async wrong => {
      const decode = (text = '') => JSON.parse(Buffer.from(text, 'base64url').toString() || 'null');
      const ask = async () => {
        const [header, payload, signature = ''] = (
          await lab.client(null).send('GET', `/time?nonce=${NONCE}`)
        ).text.split('.');
        return { header, payload, signature };
      };
      const right = await ask();
      await fault({ kind: 'wrong-jws', wrong, count: 1 });
      const bad = await ask();
      const header = wrong === 'cut' ? null : decode(bad.header);
      const payload = wrong === 'cut' ? null : decode(bad.payload);
      const same = decode(right.header);
      if (wrong === 'kid') expect(header).toEqual({ ...same, kid: 'nobody-knows-this-key' });
      else if (wrong === 'alg-none') expect([header, bad.signature]).toEqual([{ ...same, alg: 'none' }, '']);
      else if (wrong === 'typ') expect(header).toEqual({ ...same, typ: 'JWT' });
      else if (wrong === 'aud') expect(payload.aud).toBe('node-somebody-else');
      else if (wrong === 'nonce') expect(payload.nonce).not.toBe(NONCE);
      else if (wrong === 'generation') expect(payload).toHaveProperty('generation');
      else if (wrong === 'signature') expect(header).toEqual(same);
      else expect(`${bad.header}.${bad.payload ?? ''}.${bad.signature}`.length).toBeLessThan(200);
    },
  );

  test('revoked-bootstrap', async () => {
    await fault({ kind: 'revoked-bootstrap' });
    expect((await meta()).json.code).toBe('bootstrap_revoked');
  });

  test.each([
    ['expired-server-certificate', 'CERT_HAS_EXPIRED'],
    ['foreign-server-certificate', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const)('%s: for every new connection, but not for the admin side', async (kind, code) => {
    await fault({ kind });
    expect(await codeOf(newConnection())).toBe(code);
    expect(await lab.controller.admin.faultOff()).toBe(1);
    expect((await newConnection()).status).toBe(200);
  });

  test('clock-skew: time, certificates and expiries are shifted together', async () => {
    const year = 365 * 86_400;
    await fault({ kind: 'clock-skew', seconds: year });
    expect(await codeOf(newConnection())).toBe('CERT_NOT_YET_VALID');
    const skewed = await lab.client(null, false).send('GET', `/time?nonce=${NONCE}`);
    const { now } = JSON.parse(Buffer.from(skewed.text.split('.')[1] ?? '', 'base64url').toString());
    expect(Math.abs(Date.parse(now) - Date.now() - year * 1000)).toBeLessThan(60_000);
    await lab.controller.admin.faultOff();
    expect((await newConnection()).status).toBe(200);
  });

  test('the server is TLS 1.3 alone, and its certificate names where it listens', async () => {
    const { port } = new URL(lab.controller.url);
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca: lab.controller.ca });
    await new Promise(resolve => socket.once('secureConnect', resolve));
    expect(socket.getProtocol()).toBe('TLSv1.3');
    expect(new X509Certificate(socket.getPeerX509Certificate()?.raw ?? '').checkIP('127.0.0.1')).toBe('127.0.0.1');
    socket.destroy();
    const old = connect({ host: '127.0.0.1', port: Number(port), ca: lab.controller.ca, maxVersion: 'TLSv1.2' });
    const [error] = await new Promise<[NodeJS.ErrnoException]>(resolve =>
      old.once('error', reason => resolve([reason])),
    );
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });
});

async function rawMeta() {
  const { ca, url } = lab.controller;
  const dispatcher = new Agent({ connect: { ca, ...bootstrapIdentity(lab) } });
  return request(`${url}/conjurer/v1/meta`, { dispatcher });
}

async function impatient(timeouts: { headersTimeout: number; bodyTimeout: number }): Promise<void> {
  const { ca, url } = lab.controller;
  const dispatcher = new Agent({ connect: { ca, ...bootstrapIdentity(lab) }, ...timeouts });
  try {
    const { body } = await request(`${url}/conjurer/v1/meta`, { dispatcher });
    await body.text();
  } finally {
    await dispatcher.destroy();
  }
}
