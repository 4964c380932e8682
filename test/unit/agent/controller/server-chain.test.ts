import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import type { JsonGeneralNames } from '@peculiar/x509';
import { beforeAll, describe, expect, test } from 'vitest';
import { verifyServerChainIgnoringDates } from '../../../../agent/controller/server-chain.ts';
import { type Authority, type CertificateOrder, createAuthority } from '../../../controller/pki/authority.ts';
import { newP256Key } from '../../../controller/pki/keys.ts';
import { pem } from '../../../controller/pki/pem.ts';
import { refused } from './refused.ts';

const FROM = new Date('2026-01-01T00:00:00Z');
const TO = new Date('2046-01-01T00:00:00Z');
const PAST = { from: new Date('2020-01-01T00:00:00Z'), to: new Date('2021-01-01T00:00:00Z') };
const FUTURE = { from: new Date('2090-01-01T00:00:00Z'), to: new Date('2091-01-01T00:00:00Z') };
const NAMES: JsonGeneralNames = [
  { type: 'dns', value: 'controller.example' },
  { type: 'dns', value: '*.edge.example' },
  { type: 'ip', value: '192.0.2.10' },
  { type: 'ip', value: '2001:db8::10' },
];

const key = newP256Key();
let ca: Authority;
let rogue: Authority;
let middle: Authority;
beforeAll(async () => {
  ca = await createAuthority('ca', FROM, TO);
  rogue = await createAuthority('ca', FROM, TO);
  middle = await ca.issueAuthority('middle', FROM, TO);
});

const issue = (issuer: Authority, changes: Partial<CertificateOrder> = {}) =>
  issuer.issue({
    spki: key.spki,
    subject: [{ CN: ['controller'] }],
    sans: NAMES,
    usage: 'server',
    from: FROM,
    to: TO,
    ...changes,
  });

/** What a client holds after a handshake that it did not verify: the chain as the server sent it. */
async function presentedBy(chain: string): Promise<Buffer[]> {
  const server = tls.createServer({ key: pem('PRIVATE KEY', key.pkcs8), cert: chain, minVersion: 'TLSv1.3' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const ders: Buffer[] = [];
  for (let peer = socket.getPeerCertificate(true); ; peer = peer.issuerCertificate) {
    ders.push(peer.raw);
    if (peer.issuerCertificate === undefined || peer.issuerCertificate === peer) break;
  }
  socket.destroy();
  server.close();
  await once(server, 'close');
  return ders;
}

const verify = async (chain: string, host = 'controller.example', cas = [ca.pem]) => {
  const chainDer = await presentedBy(chain);
  return refused(() => verifyServerChainIgnoringDates({ chainDer, cas, host }));
};
const refusal = (check: string) => ({ code: 'E_CONTROLLER_UNTRUSTED', check });

describe('the Controller, whatever the dates', () => {
  test.each([
    ['in its time', {}],
    ['expired', PAST],
    ['not valid yet', FUTURE],
  ])('%s', async (_name, dates) => {
    expect(await verify(await issue(ca, dates))).toBeUndefined();
  });

  test('under an expired CA', async () => {
    const old = await createAuthority('old', PAST.from, PAST.to);
    expect(await verify(await issue(old), 'controller.example', [old.pem])).toBeUndefined();
  });

  test('with its intermediate, the root along or not', async () => {
    const leaf = await issue(middle);
    expect(await verify(leaf + middle.pem)).toBeUndefined();
    expect(await verify(leaf + middle.pem + ca.pem)).toBeUndefined();
    expect(await verify(leaf, 'controller.example', [middle.pem, ca.pem])).toBeUndefined();
  });

  test.each(['x.edge.example', '192.0.2.10', '2001:db8::10'])('called as %s', async host => {
    expect(await verify(await issue(ca), host)).toBeUndefined();
  });
});

describe('not the Controller', () => {
  test('another CA of the same name, expired or not', async () => {
    expect(await verify(await issue(rogue))).toEqual(refusal('issuer'));
    expect(await verify(await issue(rogue, PAST))).toEqual(refusal('issuer'));
    expect(await verify((await issue(rogue)) + rogue.pem)).toEqual(refusal('issuer'));
    expect(await verify((await issue(rogue)) + ca.pem)).toEqual(refusal('issuer'));
  });

  test('an intermediate that is not there, or whose root is not pinned', async () => {
    expect(await verify(await issue(middle))).toEqual(refusal('issuer'));
    expect(await verify(await issue(middle), 'controller.example', [middle.pem])).toEqual(refusal('issuer'));
  });

  test('a certificate for clients, such as any node has', async () => {
    expect(await verify(await issue(ca, { usage: 'client' }))).toEqual(refusal('serverAuth'));
  });

  test.each(['other.example', 'a.b.edge.example', '192.0.2.11', '2001:db8::11', 'controller.example.attacker.example'])(
    'another host: %s',
    async host => {
      expect(await verify(await issue(ca), host)).toEqual(refusal('host'));
    },
  );

  test('no certificate, or bytes that are none', async () => {
    const check = (chainDer: Buffer[]) =>
      refused(() => verifyServerChainIgnoringDates({ chainDer, cas: [ca.pem], host: 'controller.example' }));
    expect(await check([])).toEqual(refusal('format'));
    expect(await check([Buffer.from('x')])).toEqual(refusal('format'));
    const [leaf] = await presentedBy(await issue(ca));
    expect(await check(Array<Buffer>(11).fill(leaf ?? Buffer.alloc(0)))).toEqual(refusal('format'));
  });
});
