import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeBootMenu } from '../../image/disk/boot-menu.ts';
import { FILES, installTrust, nameImage, UNITS } from '../../image/rootfs/install-conjurer.ts';
import { layFiles } from '../../image/rootfs/lay-files.ts';
import { seal } from '../../image/rootfs/seal.ts';
import { openSigner } from '../../image/rootfs/signing.ts';
import { writeText } from '../../image/rootfs/write-text.ts';

export const rootUuid = '0b5c9f0e-4b1d-4a53-8f7e-6a0c3e5d7f21';
export const kernel = '6.1.0-1-test';

const drivers = ['vmw_pvscsi', 'vmxnet3', 'ata_piix', 'sr_mod', 'isofs', 'virtio_blk', 'virtio_scsi', 'virtio_net'];

/** A root file system without fault, as small as one can be: what the image's own steps lay, and stand-ins for packages. */
export function makeTemplateTree(root: string, bench: string): void {
  for (const { source, enabled } of layFiles(UNITS, root)) {
    if (enabled === true) enable(root, source);
  }
  layFiles(FILES, root);
  writeText(root, '/etc/machine-id', '', 0o444);
  writeText(root, '/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/usr/sbin/nologin\n');
  writeText(root, '/etc/shadow', 'root:*:20000:0:99999:7:::\nnobody:*:20000:0:99999:7:::\n', 0o640);
  writeText(root, '/usr/lib/os-release', 'ID=debian\nVERSION_ID="12"\n');
  symlinkSync('../usr/lib/os-release', join(root, 'etc/os-release'));
  symlinkSync('../run/systemd/resolve/stub-resolv.conf', join(root, 'etc/resolv.conf'));
  symlinkSync('usr/lib', join(root, 'lib'));
  for (const name of ['growpart', 'sfdisk', 'resize2fs']) writeText(root, `/usr/sbin/${name}`, '#!/bin/sh\n', 0o755);
  for (const name of ['tmp', 'var/tmp', 'var/log', 'run', 'root', 'home', 'var/lib/cloud']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  writeText(root, '/usr/bin/vmtoolsd', '#!/bin/sh\n', 0o755);
  writeKernel(root);
  writeBootMenu(root, 'clusterimage-r-v1.3.0', rootUuid);
  writeText(root, '/usr/bin/conjurer', '#!/bin/sh\necho conjurer\n', 0o755);
  nameImage(root, 'clusterimage-r-v1.3.0', '1.3.0', '1.3.0-test');
  sealTree(root, bench);
}

function enable(root: string, unit: string): void {
  const wants = join(root, 'etc/systemd/system/some.target.wants');
  mkdirSync(wants, { recursive: true });
  symlinkSync(`/usr/lib/systemd/system/${unit}`, join(wants, unit));
}

function writeKernel(root: string): void {
  writeText(root, `/boot/vmlinuz-${kernel}`, 'a kernel');
  writeText(root, `/boot/initrd.img-${kernel}`, 'an initrd');
  const modules = drivers.map(name => `kernel/drivers/${name.replaceAll('_', '-')}.ko: kernel/lib/other.ko\n`);
  writeText(root, `/usr/lib/modules/${kernel}/modules.dep`, modules.join(''));
  writeText(root, `/usr/lib/modules/${kernel}/modules.builtin`, 'kernel/fs/ext4/ext4.ko\n');
}

/** By conjurer of these sources, as the builder does it by the binary. */
function sealTree(root: string, bench: string): void {
  const binary = join(bench, 'conjurer');
  const agent = join(import.meta.dirname, '..', '..', 'agent', 'main.ts');
  writeText('/', binary, `#!/bin/sh\nexec '${process.execPath}' '${agent}' "$@"\n`);
  chmodSync(binary, 0o755);
  const signer = openSigner('throw-away', bench);
  installTrust(root, [{ name: 'builder', pem: signer.publicPem }]);
  const file = {
    group: 'os',
    kind: 'binary',
    path: '/usr/bin/conjurer',
    version: '1.3.0',
    uid: process.getuid?.() ?? 0,
  };
  const spec = stringify({
    schema: 'conjurer.components/v1',
    image: 'clusterimage-r-v1.3.0',
    arch: 'amd64',
    requirements: { cpu: 1, memoryMiB: 512, diskGiB: 1, kernel: '4.15' },
    components: [{ name: 'conjurer', ...file }],
  });
  seal({ root, binary, spec, builtAt: '2026-01-31T08:00:00Z', keyFile: signer.keyFile, workDir: bench });
  // The sealing wrote its log; the builder deletes it with makeTemplate.
  for (const name of readdirSync(join(root, 'var/log'))) rmSync(join(root, 'var/log', name), { recursive: true });
}
