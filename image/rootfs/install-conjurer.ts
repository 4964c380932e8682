import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../tool.ts';
import { layFile, layFiles } from './lay-files.ts';
import { writeText } from './write-text.ts';

const project = join(import.meta.dirname, '..', '..');
export const UNITS = join(project, 'systemd');
export const FILES = join(project, 'image', 'files');

/** They would fetch what no configuration named, and at an hour that nobody chose. */
const TIMERS_OF_APT = ['apt-daily.timer', 'apt-daily-upgrade.timer'];

/** conjurer, its units and the settings of the image, enabled as the lists say. */
export function installConjurer(root: string, binary: string): void {
  layFile(binary, root, '/usr/bin/conjurer', 0o755);
  const units = layFiles(UNITS, root).filter(({ enabled }) => enabled === true);
  layFiles(FILES, root);
  runTool('chroot', [root, 'systemctl', 'enable', ...units.map(({ source }) => source)]);
  runTool('chroot', [root, 'systemctl', 'disable', ...TIMERS_OF_APT]);
}

/** Whose signature on the manifest this machine believes. */
export function installTrust(
  root: string,
  publicKeys: readonly { readonly name: string; readonly pem: string }[],
): void {
  for (const { name, pem } of publicKeys) writeText(root, `/etc/conjurer/trust.d/${name}.pem`, pem);
}

/** Says in os-release which image and which build this is: the manifest is bound to it. */
export function nameImage(root: string, name: string, version: string, buildId: string): void {
  const path = '/usr/lib/os-release';
  const kept = readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !/^(IMAGE_ID|IMAGE_VERSION|BUILD_ID)=/.test(line));
  const lines = [...kept, `IMAGE_ID=${name}`, `IMAGE_VERSION=${version}`, `BUILD_ID=${buildId}`];
  writeText(root, path, `${lines.join('\n')}\n`);
}
