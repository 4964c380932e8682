import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { manifestText } from '../../../../bootstrap/components/create.ts';
import type { Manifest } from '../../../../bootstrap/components/manifest.ts';
import { manifestPath, signaturePath } from '../../../../bootstrap/components/manifest.ts';
import { signatureText } from '../../../../bootstrap/components/sign.ts';
import { trustDirectory } from '../../../../bootstrap/components/trust.ts';
import { changed, checkOn } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';

const manifest: Manifest = {
  schema: 'conjurer.manifest/v1',
  image: 'clusterimage-r-v1.3.0',
  version: '1.3.0',
  buildId: 'b-7',
  builtAt: '2026-03-01T04:00:00Z',
  minControllerVersion: '1.2.0',
  os: { id: 'ubuntu', versionId: '20.04', arch: 'arm64' },
  kubernetes: null,
  requirements: { cpu: 8, memoryMiB: 16_384, diskGiB: 200, kernel: '5.15' },
  components: [
    {
      kind: 'config',
      name: 'api-server',
      group: 'kubernetes',
      path: '/etc/kubernetes/manifests/ours.yaml',
      format: 'yaml',
      role: 'other',
      sha256: null,
      keys: {},
    },
  ],
  closed: [],
};

/** A machine of an image whose manifest is signed by a key that the machine trusts. */
function made(text = manifestText(manifest)) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signature = signatureText(Buffer.from(manifestText(manifest)), privateKey);
  const key = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const files = { [manifestPath]: text, [signaturePath]: signature, [`${trustDirectory}/builder.pem`]: key };
  return changed(machines['ubuntu-18.04'], { files });
}

it.each([
  ['cpu-count', 'fail', '8 or more'],
  ['memory', 'fail', '16384 MiB; 100 MiB less will do'],
  ['disk-size', 'fail', '200 GiB'],
  ['kernel-version', 'fail', '5.15 or newer'],
  ['supported-release', 'fail', "ubuntu 20.04, as the image's manifest says"],
  ['architecture', 'fail', "arm64, as the image's manifest says"],
] as const)('%s is held against the signed manifest', async (id, status, required) => {
  expect(await checkOn(id, made())).toMatchObject({ status, required });
});

it('conjurer.yaml has the last word', async () => {
  expect(await checkOn('cpu-count', { ...made(), requirements: { cpu: 4 } })).toMatchObject({ status: 'pass' });
});

it('a manifest that was altered counts for nothing', async () => {
  const altered = manifestText({ ...manifest, requirements: { cpu: 64 } });
  expect(await checkOn('cpu-count', made(altered))).toMatchObject({ status: 'pass', required: '2 or more' });
});

it("a static pod that is the image's is no residue", async () => {
  const pods = { '/etc/kubernetes/manifests/ours.yaml': '', '/etc/kubernetes/manifests/other.yaml': '' };
  expect(await checkOn('kubernetes-config', changed(made(), { files: pods }))).toMatchObject({
    status: 'fail',
    observed: '/etc/kubernetes/manifests/other.yaml',
  });
});
