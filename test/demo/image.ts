import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { paths } from '../../agent/config/paths.ts';
import { manifestText } from '../../bootstrap/components/create.ts';
import { MANIFEST_SCHEMA, type Manifest, manifestPath, signaturePath } from '../../bootstrap/components/manifest.ts';
import { signatureText } from '../../bootstrap/components/sign.ts';
import { trustDirectory } from '../../bootstrap/components/trust.ts';
import { parseOsRelease } from '../../bootstrap/facts/system.ts';
import { installStandIn } from '../support/stand-in/install.ts';

export interface ImageOptions {
  readonly edgeName: string;
  readonly passphrase: string;
  readonly credentials: string;
}

/** Writes into an empty tree what a machine has when its image was booted for the first time. */
export async function writeImage(tree: string, { edgeName, passphrase, credentials }: ImageOptions): Promise<void> {
  const put = async (file: string, text: string, mode = 0o644) => {
    await mkdir(path.dirname(path.join(tree, file)), { recursive: true });
    await writeFile(path.join(tree, file), text, { mode });
  };
  // No first-boot spread over a fleet, and no wait for a time service that a container has not.
  const settings = { edgeName, enrolment: { splaySeconds: 0, timeSyncSeconds: 0 } };
  await put(paths.config, stringify(settings), 0o600);
  await put(paths.passphrase, passphrase, 0o400);
  await put(paths.credentials, credentials, 0o400);
  const builtAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const buildId = `demo-${builtAt.slice(0, 10)}`;
  const release = await osRelease();
  await put('/etc/os-release', `${release}BUILD_ID=${buildId}\n`);
  await put('/etc/hostname', 'demo-machine\n');
  await put('/etc/machine-id', `${randomBytes(16).toString('hex')}\n`);
  await put('/etc/timezone', 'Etc/UTC\n');
  const { id, versionId } = parseOsRelease(release);
  await putManifest(put, { buildId, builtAt, os: { id: id ?? 'linux', versionId: versionId ?? '1', arch: 'amd64' } });
  await installStandIn(tree);
}

/** That of this machine, which is then the release of the image; a release that rolls is given a version. */
async function osRelease(): Promise<string> {
  for (const file of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) continue;
    const plain = `${text.replace(/^BUILD_ID=.*\n/m, '').trimEnd()}\n`;
    return /^VERSION_ID=/m.test(plain) ? plain : `${plain}VERSION_ID=1\n`;
  }
  return 'ID=linux\nVERSION_ID=1\nPRETTY_NAME="Linux"\n';
}

/** A manifest that declares no component: the demo's machine holds nothing of Kubernetes. */
async function putManifest(
  put: (file: string, text: string) => Promise<void>,
  build: Pick<Manifest, 'buildId' | 'builtAt' | 'os'>,
): Promise<void> {
  const manifest: Manifest = {
    schema: MANIFEST_SCHEMA,
    image: 'demo-clusterimage-r-v2.0.0',
    version: '2.0.0',
    ...build,
    minControllerVersion: '2.0.0',
    kubernetes: null,
    requirements: {},
    components: [],
    closed: [],
  };
  const text = manifestText(manifest);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await put(manifestPath, text);
  await put(signaturePath, signatureText(Buffer.from(text), privateKey));
  await put(`${trustDirectory}/demo.pem`, publicKey.export({ type: 'spki', format: 'pem' }).toString());
}
