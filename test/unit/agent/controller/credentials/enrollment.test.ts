import { expect, test } from 'vitest';
import { readEnrollment } from '../../../../../agent/controller/credentials/enrollment.ts';
import { refused } from '../refused.ts';

const NOT_AFTER = '2046-01-01T00:00:00Z';
const X = Buffer.alloc(32, 7).toString('base64url');
const key = { kty: 'OKP', crv: 'Ed25519', x: X, kid: 'one' };
const good = {
  v: 1,
  controllerUrls: ['https://controller.example'],
  clusterId: 'edge-01',
  bootstrapId: 'boot-1',
  configKeys: [key],
  issuedAt: '2026-01-01T00:00:00Z',
  notAfter: NOT_AFTER,
};
const read = (changes: object) =>
  refused(() => readEnrollment(Buffer.from(JSON.stringify({ ...good, ...changes })), new Date(NOT_AFTER)));
const REFUSED = { code: 'E_CREDENTIALS_INVALID', check: 'enrollment' };

test.each([
  'https://controller.example',
  'https://controller.example:443',
  'https://controller.example:65535',
  'https://Controller-1.Example.COM:8443',
  'https://controller',
  'https://192.0.2.10:8443',
  'https://[2001:db8::10]:8443',
  'https://[::1]',
])('a controller URL: %s', async url => {
  expect(await read({ controllerUrls: [url] })).toMatchObject({ controllerUrls: [url] });
});

test.each([
  'http://controller.example',
  'HTTPS://controller.example',
  'https://controller.example/',
  'https://controller.example/base',
  'https://controller.example?x=1',
  'https://controller.example#x',
  'https://user@controller.example',
  'https://user:secret@controller.example',
  'https://controller.example:',
  'https://controller.example:0',
  'https://controller.example:65536',
  'https://controller.example:8443 ',
  'https://controller .example',
  'https://controller..example',
  'https://-controller.example',
  'https://192.0.2.256',
  'https://3221226506',
  'https://0xc000020a',
  'https://2001:db8::10',
  'https://[2001:db8::10',
  'https://[fe80::1%25eth0]',
  'https://[192.0.2.10]',
  'https://',
  '',
])('not a controller URL: %j', async url => {
  expect(await read({ controllerUrls: [url] })).toEqual(REFUSED);
});

test('the end is that of the certificate', async () => {
  expect(await read({ notAfter: '2046-01-01T00:00:01Z' })).toEqual(REFUSED);
});

test.each([
  ['a field that the protocol does not name', { comment: '' }],
  ['another version', { v: 2 }],
  ['no URL', { controllerUrls: [] }],
  ['a cluster id with capitals', { clusterId: 'Edge' }],
  ['no bootstrap id', { bootstrapId: undefined }],
  ['a time without seconds', { issuedAt: '2026-01-01T00:00Z' }],
  ['a time of another zone', { issuedAt: '2026-01-01T00:00:00+01:00' }],
  ['a time with a fraction', { notAfter: '2046-01-01T00:00:00.000Z' }],
  ['five config keys', { configKeys: ['a', 'b', 'c', 'd', 'e'].map(kid => ({ ...key, kid })) }],
  ['two config keys of one kid', { configKeys: [key, { ...key, x: Buffer.alloc(32, 8).toString('base64url') }] }],
  ['a config key of 31 bytes', { configKeys: [{ ...key, x: Buffer.alloc(31).toString('base64url') }] }],
  ['a padded config key', { configKeys: [{ ...key, x: `${X}=` }] }],
  ['a config key with more in it', { configKeys: [{ ...key, d: X }] }],
  ['a config key of another curve', { configKeys: [{ ...key, crv: 'X25519' }] }],
  ['a time server that is a URL', { ntp: ['https://ntp.example'] }],
  ['one time server, not a list', { ntp: 'ntp.example' }],
  ['a proto member', JSON.parse('{"__proto__":{"v":1}}')],
])('refused: %s', async (_name, changes) => {
  const own = Object.getOwnPropertyNames(changes).includes('__proto__');
  const text = JSON.stringify({ ...good, ...changes }).replace(/}$/, own ? ',"__proto__":1}' : '}');
  expect(await refused(() => readEnrollment(Buffer.from(text), new Date(NOT_AFTER)))).toEqual(REFUSED);
});

test.each([
  ['text that is not JSON', Buffer.from('{')],
  ['a list', Buffer.from('[]')],
  ['bytes that are not UTF-8', Buffer.from(JSON.stringify(good).replace('edge-01', 'edge-\xff'), 'latin1')],
  ['a byte order mark', Buffer.from(`\uFEFF${JSON.stringify(good)}`)],
  ['a member twice, one of them escaped', Buffer.from(JSON.stringify(good).replace('"v":1', '"v":1,"\\u0076":1'))],
])('refused: %s', async (_name, bytes) => {
  expect(await refused(() => readEnrollment(bytes, new Date(NOT_AFTER)))).toEqual(REFUSED);
});

test('time servers are names or addresses', async () => {
  const ntp = ['ntp.example', '192.0.2.1', '2001:db8::1'];
  expect(await read({ ntp })).toMatchObject({ ntp });
});
