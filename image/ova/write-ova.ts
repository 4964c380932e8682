import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { checkOva } from './check-ova.ts';
import { type Guest, ovfDescriptor } from './descriptor.ts';
import type { ScsiController } from './hardware.ts';
import { digestOf, manifestText, type OvaDigest } from './manifest.ts';
import { type TarEntry, writeTar } from './tar.ts';
import { diskCapacity, writeVmdk } from './vmdk.ts';

export interface OvaRequest {
  /** The disk as QEMU knows it, raw or qcow2. */
  readonly disk: string;
  /** 1.3.0; in the descriptor. */
  readonly version: string;
  /** Path of the OVA; its name without .ova is that of the files in it. */
  readonly out: string;
  /** The digests of the manifest in SHA1: vSphere 5.5 takes no other. */
  readonly sha1?: boolean;
  readonly guest?: Guest;
  /** Hardware version, the N of vmx-N. 10 is the newest that vSphere 5.5 knows. */
  readonly hardwareVersion?: number;
  readonly scsi?: ScsiController;
  /** Of the files in the OVA. */
  readonly modifiedAt?: Date;
}

export interface WrittenOva {
  readonly path: string;
  readonly bytes: number;
  /** Size of the system disk as a machine sees it. */
  readonly capacityBytes: number;
}

/**
 * Writes the OVA of a disk: descriptor, manifest, then the disk, in this order, as DSP0243 wants it. The same disk gives
 * the same bytes. What was written is read back and checked (check-ova.ts); a fault throws, and nothing is left.
 */
export async function writeOva(request: OvaRequest): Promise<WrittenOva> {
  const { disk, version, out, sha1 = false, guest = 'debian', hardwareVersion = 10, scsi = 'pvscsi' } = request;
  const name = basename(out).replace(/\.ova$/, '');
  mkdirSync(dirname(out), { recursive: true });
  const work = mkdtempSync(join(dirname(out), `.${name}-`));
  try {
    const vmdk = join(work, `${name}-disk1.vmdk`);
    writeVmdk({ disk, file: vmdk, hardwareVersion });
    const capacityBytes = diskCapacity(vmdk);
    const descriptor = Buffer.from(
      ovfDescriptor({
        name,
        version,
        disk: { href: basename(vmdk), bytes: statSync(vmdk).size, capacityBytes },
        guest,
        hardwareVersion,
        scsi,
      }),
    );
    const digest: OvaDigest = sha1 ? 'SHA1' : 'SHA256';
    const manifest = manifestText(digest, [
      { name: `${name}.ovf`, hex: await digestOf(digest, [descriptor]) },
      { name: basename(vmdk), hex: await digestOf(digest, createReadStream(vmdk)) },
    ]);
    const entries: TarEntry[] = [
      inMemory(`${name}.ovf`, descriptor),
      inMemory(`${name}.mf`, Buffer.from(manifest)),
      { name: basename(vmdk), bytes: statSync(vmdk).size, content: () => createReadStream(vmdk) },
    ];
    const finished = join(work, `${name}.ova`);
    await writeTar(createWriteStream(finished), entries, request.modifiedAt ?? new Date(0));
    const problems = await checkOva(finished);
    if (problems.length > 0) throw new Error(`the OVA is not right:\n  ${problems.join('\n  ')}`);
    renameSync(finished, out);
    return { path: out, bytes: statSync(out).size, capacityBytes };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function inMemory(name: string, content: Buffer): TarEntry {
  return { name, bytes: content.length, content: () => [content] };
}
