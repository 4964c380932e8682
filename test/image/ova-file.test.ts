import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkOva } from '../../image/ova/check-ova.ts';
import { writeOva } from '../../image/ova/write-ova.ts';
import { onRung } from '../binary/build/rung.ts';

const name = 'clusterimage-r-v1.3.0';
const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' });
const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;

onRung('qemu-img', hasQemu ? null : 'there is no qemu-img: apt-get install qemu-utils', () => {
  describe('an OVA', () => {
    let folder = '';
    let disk = '';
    const path = (file: string) => join(folder, file);
    const ova = () => path(`${name}.ova`);
    const write = (more = {}) => writeOva({ disk, version: '1.3.0', out: ova(), ...more });

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'conjurer-ova-'));
      disk = path('disk.raw');
      writeFileSync(disk, Buffer.concat([Buffer.alloc(300_000, 'some content'), Buffer.from('the end')]));
      truncateSync(disk, 64 * 2 ** 20);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('holds descriptor, manifest and disk in the order that DSP0243 wants, as tar itself reads it', async () => {
      const { bytes, capacityBytes } = await write({ modifiedAt: new Date('2026-01-31T08:00:00Z') });
      expect({ bytes, capacityBytes }).toEqual({ bytes: readFileSync(ova()).length, capacityBytes: 64 * 2 ** 20 });
      expect(run('tar', '-tf', ova()).trim().split('\n')).toEqual([`${name}.ovf`, `${name}.mf`, `${name}-disk1.vmdk`]);
      expect(run('tar', '--utc', '-tvf', ova())).toMatch(/^-rw-r--r-- root\/root +\d+ 2026-01-31 08:00 /);
    });

    it('has the digests of its files in SHA256, and in SHA1 where that is asked for', async () => {
      for (const [sha1, digest] of [
        [false, 'SHA256'],
        [true, 'SHA1'],
      ] as const) {
        await write({ sha1 });
        run('tar', '-xf', ova(), '-C', folder);
        const lines = [`${name}.ovf`, `${name}-disk1.vmdk`].map(file => {
          const hex = createHash(digest)
            .update(readFileSync(path(file)))
            .digest('hex');
          return `${digest}(${file})= ${hex}\n`;
        });
        expect(readFileSync(path(`${name}.mf`), 'utf8')).toBe(lines.join(''));
      }
    });

    it('has a disk that is stream-optimized, and holds what was put in', async () => {
      await write();
      run('tar', '-xf', ova(), '-C', folder);
      const vmdk = path(`${name}-disk1.vmdk`);
      const {
        format,
        'virtual-size': size,
        'format-specific': specific,
      } = JSON.parse(run('qemu-img', 'info', '--output=json', vmdk));
      expect({ format, size, kind: specific.data['create-type'] }).toEqual({
        format: 'vmdk',
        size: 64 * 2 ** 20,
        kind: 'streamOptimized',
      });
      run('qemu-img', 'compare', '-f', 'raw', '-F', 'vmdk', disk, vmdk);
      expect(readFileSync(vmdk).toString('latin1', 0, 4096)).toContain('ddb.virtualHWVersion = "10"');
    });

    it('is the same again, byte for byte, and from qcow2 too', async () => {
      await write();
      const first = readFileSync(ova());
      await write();
      expect(readFileSync(ova()).equals(first)).toBe(true);
      const qcow2 = path('disk.qcow2');
      run('qemu-img', 'convert', '-O', 'qcow2', disk, qcow2);
      await writeOva({ disk: qcow2, version: '1.3.0', out: ova() });
      expect(readFileSync(ova()).equals(first)).toBe(true);
    });

    it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
      [
        'a disk that was changed',
        bytes => changed(bytes, bytes.length - 4000),
        /disk1.vmdk is not what the manifest says/,
      ],
      [
        'a descriptor that was changed',
        bytes => swapped(bytes, 'vmx-10<', 'vmx-11<'),
        /\.ovf is not what the manifest/,
      ],
      ['an older VMDK', bytes => changed(bytes, bytes.indexOf('KDMV') + 4, 1), /version 1; vSphere takes 3/],
      ['a VMDK of another kind', bytes => changed(bytes, bytes.indexOf('KDMV') + 10, 0), /not stream-optimized/],
      ['another controller', bytes => swapped(bytes, 'ype = "lsilogic"', 'ype = "buslogic"'), /another controller/],
      ['a manifest in another form', bytes => swapped(bytes, '.ovf)= ', '.ovf) ='), /the manifest has no digest/],
    ])('with %s is found', async (_name, change, says) => {
      await write();
      writeFileSync(ova(), change(readFileSync(ova())));
      expect(await said()).toMatch(says);
    });

    it('in another order, or under another name, is found', async () => {
      await write();
      run('tar', '-xf', ova(), '-C', folder);
      const pack = (file: string, ...members: string[]) =>
        run('tar', '--format=ustar', '-cf', path(file), '-C', folder, ...members);
      pack(`${name}.ova`, `${name}.mf`, `${name}.ovf`, `${name}-disk1.vmdk`);
      expect(await said()).toMatch(/first file is not the descriptor/);
      pack(`${name}.ova`, `${name}.ovf`, `${name}-disk1.vmdk`, `${name}.mf`);
      expect(await said()).toMatch(/second file is not the manifest/);
      pack('other.ova', `${name}.ovf`, `${name}.mf`, `${name}-disk1.vmdk`);
      expect((await checkOva(path('other.ova'))).join('\n')).toMatch(/its files are called clusterimage/);
    });

    const said = () =>
      checkOva(ova()).then(
        problems => problems.join('\n'),
        error => String(error),
      );
  });
});

function changed(bytes: Buffer, at: number, to?: number): Buffer {
  bytes[at] = to ?? (bytes[at] ?? 0) ^ 0xff;
  return bytes;
}

function swapped(bytes: Buffer, from: string, to: string): Buffer {
  bytes.write(to, bytes.indexOf(from), 'latin1');
  return bytes;
}
