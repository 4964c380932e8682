import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFromIso } from '../../../../bootstrap/ovf/iso9660.ts';
import { onRung } from '../../../binary/build/rung.ts';
import { discObstacle, ovfDisc } from '../../../support/ovf-environment.ts';

const content = `<a>${'0123456789'.repeat(700)}</a>`;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'conjurer-iso-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (image: Buffer, limit = 1 << 20, name = 'ovf-env.xml') =>
  readFromIso(async (offset, length) => image.subarray(offset, offset + length), name, limit);

onRung('a real ISO 9660 volume', discObstacle(), () => {
  describe('a volume of xorriso', () => {
    it.each([
      ['Rock Ridge and Joliet, as cloud-init documents it', ['-r', '-J']],
      ['Joliet alone', ['-J']],
      ['Rock Ridge alone', ['-r']],
      ['the names of ISO 9660 itself', ['-iso-level', '1']],
      ['relaxed names', ['-iso-level', '3', '-relaxed-filenames', '-allow-lowercase']],
    ])('is read with %s', async (_name, options) => {
      const image = readFileSync(ovfDisc(content, folder, options));
      expect((await read(image))?.toString()).toBe(content);
      expect(await read(image, content.length - 1)).toBeNull();
      expect(await read(image.subarray(0, 18 * 2048))).toBeNull();
    });

    it('is read by the long names of Joliet, which ISO 9660 itself cuts', async () => {
      const name = 'a-name-of-more-than-thirty-characters.xml';
      expect((await read(readFileSync(ovfDisc(content, folder, ['-J'], name)), 1 << 20, name))?.toString()).toBe(
        content,
      );
      expect(await read(readFileSync(ovfDisc(content, folder, [], name)), 1 << 20, name)).toBeNull();
    });

    it('never throws or hangs, whatever its bytes are', async () => {
      const image = readFileSync(ovfDisc(content, folder));
      const change = fc.tuple(fc.integer({ min: 16 * 2048, max: 40 * 2048 }), fc.integer({ min: 0, max: 255 }));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 30 }), async changes => {
          const hostile = Buffer.from(image);
          for (const [at, byte] of changes) hostile[at % hostile.length] = byte;
          const found = await read(hostile);
          expect(found === null || found.length <= 1 << 20).toBe(true);
        }),
      );
    });
  });
});

describe('what is no ISO 9660 volume', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(1 << 20)],
    ['a volume that only says that it is one', Buffer.concat([Buffer.alloc(16 * 2048), Buffer.from('\u0001CD001')])],
  ])('is none: %s', async (_name, image) => {
    expect(await read(image)).toBeNull();
  });
});
