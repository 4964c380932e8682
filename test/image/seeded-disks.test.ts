import { chmodSync, closeSync, cpSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkImage, faultIds, treeChecks } from '../../image/check/check-image.ts';
import { fileSystemAt, openImage } from '../../image/check/open-image.ts';
import { bytesBefore, layoutOf } from '../../image/disk/layout.ts';
import { makeDisk } from '../../image/disk/make-disk.ts';
import { writeOva } from '../../image/ova/write-ova.ts';
import { runTool } from '../../image/tool.ts';
import { onRung } from '../binary/build/rung.ts';
import { imageToolsMissing } from '../support/image-tools-missing.ts';
import { makeTemplateTree, rootUuid } from '../support/template-tree.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const missing = imageToolsMissing();
const layout = layoutOf(1);
const builtAt = new Date('2026-01-31T08:00:00Z');

/** What makes a good disk bad. */
const seeds: Readonly<Record<string, (disk: string) => void>> = {
  'root-not-last': disk => addPartition(disk, layout.root.start + layout.root.sectors, 1024),
  'no-bios-boot': disk => overwrite(disk, 0, Buffer.alloc(440)),
  'no-efi-boot': disk => {
    runTool('sfdisk', ['--quiet', '--delete', '--no-reread', '--no-tell-kernel', disk, '15']);
  },
  'file-system': disk => change(disk, 'set_super_value free_blocks_count 7'),
  'other-root': disk => makeFrom(join(folder, 'root'), disk, '11111111-2222-4333-8444-555555555555'),
};

let folder = '';
let good = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conjurer-disk-'));
  if (missing !== null) return;
  const root = join(folder, 'root');
  makeTemplateTree(root, folder);
  good = join(folder, 'clusterimage-r-v1.3.0.raw');
  makeFrom(root, good);
});
afterAll(() => rm(folder, { recursive: true }));

async function faultsOf(file: string): Promise<string[]> {
  const image = openImage(file);
  try {
    return [...new Set((await checkImage(image)).map(({ id }) => id))];
  } finally {
    image.close();
  }
}

function makeFrom(root: string, file: string, uuid = rootUuid): void {
  const bootLoader = { boot: Buffer.alloc(512, 1), core: Buffer.alloc(4000, 2), efi: Buffer.from('an EFI program') };
  makeDisk({ root, file, layout, bootLoader, buildId: '1.3.0-test', rootUuid: uuid, builtAt });
}

async function copyOfGood(): Promise<string> {
  const disk = join(await temporaryTree(), 'clusterimage-r-v1.3.0.raw');
  runTool('qemu-img', ['convert', '-O', 'raw', good, disk]);
  return disk;
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, bytes, 0, bytes.length, at);
  closeSync(handle);
}

function addPartition(disk: string, start: number, sectors: number): void {
  const input = `start=${start}, size=${sectors}\n`;
  runTool('sfdisk', ['--quiet', '--append', '--no-reread', '--no-tell-kernel', disk], { input });
}

function change(disk: string, request: string): void {
  runTool('debugfs', ['-w', '-R', request, fileSystemAt({ file: disk }, layout.root)]);
}

onRung('disks', missing, () => {
  it('is fit to be a template as it is made, raw, as qcow2 and in an OVA', async () => {
    expect(await faultsOf(good)).toEqual([]);
    const qcow2 = join(folder, 'good.qcow2');
    runTool('qemu-img', ['convert', '-O', 'qcow2', good, qcow2]);
    expect(await faultsOf(qcow2)).toEqual([]);
    const ova = await writeOva({ disk: good, version: '1.3.0', out: join(folder, 'clusterimage-r-v1.3.0.ova') });
    expect(await faultsOf(ova.path)).toEqual([]);
  });

  it('has a seeded fault for every check', () => {
    const ofTrees = treeChecks.map(({ id }) => id);
    expect([...Object.keys(seeds), 'ova'].sort()).toEqual(faultIds.filter(id => !ofTrees.includes(id)).sort());
  });

  for (const [id, seed] of Object.entries(seeds)) {
    it(id, async () => {
      const disk = await copyOfGood();
      seed(disk);
      expect(await faultsOf(disk)).toEqual([id]);
    });
  }

  it('that only holds what differs from another one is not looked at', async () => {
    const overlay = join(await temporaryTree(), 'overlay.qcow2');
    runTool('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', good, '-F', 'raw', overlay]);
    await expect(faultsOf(overlay)).rejects.toThrow('is not whole');
  });

  it('ova', async () => {
    const out = join(await temporaryTree(), 'clusterimage-r-v1.3.0.ova');
    const { path } = await writeOva({ disk: good, version: '1.3.0', out });
    const bytes = readFileSync(path);
    const at = bytes.indexOf('<Name>');
    bytes.write('<name>', at);
    writeFileSync(path, bytes);
    expect(at).toBeGreaterThan(0);
    expect(await faultsOf(path)).toEqual(['ova']);
  });

  it('a fault in the root file system is found in the disk', async () => {
    const root = await temporaryTree();
    cpSync(join(folder, 'root'), root, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(root, 'etc/hostname'), 'builder\n');
    const file = join(await temporaryTree(), 'disk.raw');
    makeFrom(root, file);
    expect(await faultsOf(file)).toEqual(['hostname']);
  });

  it('is the same byte by byte as another one of the same tree', async () => {
    const tree = await temporaryTree();
    const [one, other] = [join(tree, 'one'), join(tree, 'other')];
    for (const file of [one, other]) {
      makeFrom(join(folder, 'root'), file);
      // Changes when its inode was changed, which nobody can set.
      chmodSync(join(folder, 'root/etc/fstab'), 0o644);
    }
    expect(runTool('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', one, other])).toContain('Images are identical');
  });

  it('has its loader where BIOS and UEFI look for it', () => {
    const bytes = readFileSync(good).subarray(0, 8 * 1024 * 1024);
    expect(bytes.readBigUInt64LE(0x5c)).toBe(BigInt(layout.biosBoot.start));
    const core = bytesBefore(layout.biosBoot);
    expect(bytes.readBigUInt64LE(core + 500)).toBe(BigInt(layout.biosBoot.start + 1));
    expect(bytes.readUInt16LE(core + 508)).toBe(Math.ceil(4000 / 512) - 1);
    expect(bytes.readUInt16LE(510)).toBe(0xaa55);
    const efi = `${good}@@${bytesBefore(layout.efi)}`;
    expect(runTool('mcopy', ['-i', efi, '::EFI/BOOT/BOOTX64.EFI', '-'])).toBe('an EFI program');
  });
});
