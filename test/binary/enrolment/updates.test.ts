import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeImageTree } from '../../support/image-tree.ts';
import { createTestPki } from '../../support/test-pki.ts';
import { startTlsServer } from '../../support/tls-server.ts';
import { configuration, openSite, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** What the enrolment block of the credentials pins. */
function configKeys(): { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string }[] {
  const text = site.files['at-once'].credentials.toString();
  const [, base64 = ''] = /-----BEGIN CONJURER ENROLLMENT-----([^-]+)-----END/.exec(text) ?? [];
  return JSON.parse(Buffer.from(base64, 'base64').toString()).configKeys;
}

it('a component that the configuration updates is fetched once, and what cannot be fetched or is not what was named leaves all as it was', async () => {
  const next = Buffer.concat([Buffer.from('#!/bin/sh\necho tool version 2.0.0\nexit\n'), randomBytes(100_000)]);
  const pki = await createTestPki();
  const paths: (string | undefined)[] = [];
  const server = await startTlsServer(await pki.server(), (request, response) => {
    paths.push(request.url);
    response.writeHead(request.url === '/tool' ? 200 : 404);
    response.end(request.url === '/tool' ? next : '');
  });
  const root = await mkdtemp(path.join(tmpdir(), 'conjurer-machine-'));
  const image = await makeImageTree(root);
  const machine = await site.machine('edge-updated', { root, enrolment: { confirmSeconds: 2 } });
  await image.put('/etc/os-release', 'ID=ubuntu\nVERSION_ID="22.04"\nBUILD_ID=b-7\n');
  await image.seal();
  const before = await machine.read('/usr/bin/tool');
  const sha256 = createHash('sha256').update(next).digest('hex');
  const update = { name: 'tool', version: '2.0.0', url: `${server.url}/gone`, sha256, size: next.length };
  const trust = { cas: [site.controller.ca, pki.ca], configKeys: configKeys() };
  try {
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(paths).toEqual([]);

    await site.admin.setConfig('at-once', { ...configuration, trust, components: [update] });
    const failed = await machine.run('run');
    expect({ status: failed.status, paths }).toEqual({ status: 69, paths: ['/gone'] });
    expect(failed.stderr).toContain('E_UPDATE_FETCH');
    expect(await machine.read('/usr/bin/tool')).toBe(before);

    const good = { ...update, url: `${server.url}/tool` };
    const wrong = { ...good, name: 'bundle', sha256: 'f'.repeat(64) };
    await site.admin.setConfig('at-once', { ...configuration, trust, components: [good, wrong] });
    const reverted = await machine.run('run');
    expect(reverted.stderr).toContain('E_UPDATE_MISMATCH');
    expect(reverted.status).toBe(5);
    expect(await machine.read('/usr/bin/tool')).toBe(before);
    expect(await machine.run('validate')).toMatchObject({ status: 0 });
    expect(paths.splice(0)).toEqual(['/gone', '/tool', '/tool']);

    await site.admin.setConfig('at-once', { ...configuration, trust, components: [good] });
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await machine.read('/usr/bin/tool')).toBe(next.toString());
    expect(await machine.run('validate')).toMatchObject({ status: 0 });
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(paths).toEqual(['/tool']);
  } finally {
    await server.close();
  }
});
