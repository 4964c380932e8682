import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createManifest, manifestText } from '../../bootstrap/components/create.ts';
import { manifestPath, signaturePath } from '../../bootstrap/components/manifest.ts';
import { signatureText } from '../../bootstrap/components/sign.ts';
import { trustDirectory } from '../../bootstrap/components/trust.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';

export interface ImageTree {
  readonly root: string;
  readonly key: KeyObject;
  at(path: string): string;
  put(path: string, content: string | Buffer, mode?: number): Promise<void>;
  read(path: string): Promise<string>;
  /** Makes and signs the manifest of what is there now, and puts the public key where it is trusted. */
  seal(spec?: object, build?: { readonly buildId: string; readonly builtAt: string }): Promise<void>;
}

/** A small image in an empty directory: a program, a unit with a drop-in, a configuration, a bundle, a package. */
export async function makeImageTree(root: string): Promise<ImageTree> {
  const at = (path: string) => join(root, path);
  const put: ImageTree['put'] = async (path, content, mode = 0o644) => {
    await mkdir(dirname(at(path)), { recursive: true, mode: 0o755 });
    await writeFile(at(path), content, { mode });
    await chmod(at(path), mode);
  };
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await put('/usr/bin/tool', '#!/bin/sh\necho tool version 1.2.3\n', 0o755);
  await put(
    '/usr/lib/systemd/system/tool.service',
    `[Service]\nExecStart=/usr/bin/tool\n[Install]\nWantedBy=multi-user.target\n`,
  );
  await put('/etc/systemd/system/tool.service.d/10-limits.conf', '[Service]\nLimitNOFILE=1024\n');
  await mkdir(at('/etc/systemd/system/multi-user.target.wants'), { recursive: true });
  await symlink('/usr/lib/systemd/system/tool.service', at('/etc/systemd/system/multi-user.target.wants/tool.service'));
  await put('/etc/tool/tool.conf', 'speed = 3\n');
  await put('/usr/share/tool/bundle.yaml', 'kind: Pod\nspec:\n  containers:\n    - name: none\n');
  await put('/etc/os-release', 'ID=ubuntu\nVERSION_ID="22.04"\nBUILD_ID=b-7\n');
  await put('/var/lib/dpkg/status', packageStatus('tool-data', '2.0-1'));
  await put(`${trustDirectory}/builder.pem`, publicKey.export({ type: 'spki', format: 'pem' }).toString());
  return {
    root,
    key: privateKey,
    at,
    put,
    read: path => readFile(at(path), 'utf8'),
    seal: (spec, build) => sealTree(root, privateKey, spec, build),
  };
}

/** Writes the manifest of what is in the tree now, and its signature. */
export async function sealTree(
  root: string,
  key: KeyObject,
  spec: object = componentsSpec,
  build = { buildId: 'b-7', builtAt: '2026-01-31T08:00:00Z' },
): Promise<void> {
  const { signal } = new AbortController();
  const host = localHost({ root });
  const text = manifestText(await createManifest({ host, spec, specPath: 'components.yaml', ...build, signal }));
  await host.files.write(manifestPath, text, 0o644);
  await host.files.write(signaturePath, signatureText(Buffer.from(text), key), 0o644);
}

export function packageStatus(name: string, version: string, status = 'install ok installed'): string {
  return `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nVersion: ${version}\n\n`;
}

export const componentsSpec = {
  schema: 'conjurer.components/v1',
  image: 'clusterimage-r-v1.3.0',
  arch: 'amd64',
  components: [
    {
      name: 'tool',
      group: 'os',
      kind: 'binary',
      path: '/usr/bin/tool',
      version: '1.2.3',
      versionCommand: ['/usr/bin/tool'],
    },
    { name: 'tool-unit', group: 'os', kind: 'systemd-unit', unit: 'tool.service' },
    { name: 'tool-config', group: 'os', kind: 'config', path: '/etc/tool/tool.conf', format: 'text', role: 'other' },
    { name: 'bundle', group: 'addon', kind: 'manifest-bundle', path: '/usr/share/tool/bundle.yaml' },
    { name: 'data', group: 'os', kind: 'package', package: 'tool-data' },
  ],
  closed: [{ path: '/etc/systemd/system/tool.service.d' }, { path: '/etc/tool', allow: ['local.conf'] }],
};
