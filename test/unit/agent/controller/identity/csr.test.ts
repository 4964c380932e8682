import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { createCsr } from '../../../../../agent/controller/identity/csr.ts';
import { generateNodeKey } from '../../../../../agent/controller/identity/key.ts';

const names = { clusterId: 'edge-01', edgeName: 'Site_7.rack-2' };

test('a request says who, for what, and proves its key', async () => {
  const { keyPem, spki } = generateNodeKey();
  const request = new Pkcs10CertificateRequest(await createCsr(keyPem, names));
  expect(await request.verify()).toBe(true);
  expect(Buffer.from(request.publicKey.rawData)).toEqual(spki);
  expect(request.subjectName.toString()).toBe('O=conjurer:nodes, OU=edge-01, CN=Site_7.rack-2');
  expect(request.extensions.find(each => each instanceof SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
    { type: 'url', value: 'urn:conjurer:cluster:edge-01:edge:Site_7.rack-2' },
  ]);
  expect(request.extensions.find(each => each instanceof KeyUsagesExtension)?.usages).toBe(
    KeyUsageFlags.digitalSignature,
  );
  expect(request.extensions.find(each => each instanceof ExtendedKeyUsageExtension)?.usages).toEqual([
    '1.3.6.1.5.5.7.3.2',
  ]);
  expect(request.extensions).toHaveLength(3);
});

test('one PEM block that ends in a newline', async () => {
  const csr = await createCsr(generateNodeKey().keyPem, names);
  expect(csr).toMatch(
    /^-----BEGIN CERTIFICATE REQUEST-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE REQUEST-----\n$/,
  );
});

test('it is made in the bundle too, where the library is loaded late', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'csr-'));
  try {
    const outfile = join(folder, 'bundle.cjs');
    const source = `
      import { createCsr } from './agent/controller/identity/csr.ts';
      import { generateNodeKey } from './agent/controller/identity/key.ts';
      createCsr(generateNodeKey().keyPem, ${JSON.stringify(names)}).then(csr => process.stdout.write(csr));`;
    const stdin = { contents: source, resolveDir: process.cwd(), loader: 'ts' } as const;
    await build({ stdin, bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'silent' });
    const csr = execFileSync(process.execPath, [outfile], { encoding: 'utf8', cwd: folder });
    expect(await new Pkcs10CertificateRequest(csr).verify()).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
