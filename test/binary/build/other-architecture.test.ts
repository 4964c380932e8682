import { describe, expect, it } from 'vitest';
import { readDynamic } from '../../../build/elf/dynamic.ts';
import { parseElf } from '../../../build/elf/elf.ts';
import { listFloorBreaches } from '../../../build/elf/floor.ts';
import { makeExecutable } from '../../../build/executable.ts';
import { readNodeBase } from '../../../build/node-base.ts';
import { host, MACHINES } from '../../../build/platform.ts';
import { makeBlob } from '../../../build/sea-blob.ts';
import { onRung } from './rung.ts';
import { root } from './tree.ts';

const [other] = MACHINES.filter(machine => machine !== host);
if (other === undefined) throw new Error('there is one architecture only');

/** Fetched once from the registry, then kept in .cache/. */
function fetchOther(): { bytes: Buffer; obstacle: null } | { bytes: null; obstacle: string } {
  try {
    return { bytes: readNodeBase(root, other as typeof host).bytes, obstacle: null };
  } catch (error) {
    return { bytes: null, obstacle: String(error) };
  }
}

const fetched = fetchOther();

describe(`the executable for ${other}, made on ${host}`, () => {
  onRung(`Node for ${other}`, fetched.obstacle, () => {
    const node = fetched.bytes ?? Buffer.alloc(0);

    it('starts from a Node that the floor refuses for the same one symbol', () => {
      expect(parseElf(node).machine).toBe(other);
      expect(listFloorBreaches(node)).toEqual([expect.stringContaining('wants fcntl64 of GLIBC_2.28 from libc.so.6')]);
    });

    it('is on the floor, within its size, and holds the blob without a code cache of the wrong architecture', () => {
      const pieces = [
        { name: 'entry.js', code: Buffer.from(`(function(){process.stdout.write('hello')})`), isEarly: true },
      ];
      const runner = readNodeBase(root, host);
      const blob = makeBlob(runner.path, pieces, false);
      const { bytes, proof } = makeExecutable(node, blob);
      expect(proof).toMatchObject({ GLIBC: '2.27' });
      expect(bytes.includes(blob)).toBe(true);
      const { wanted } = readDynamic(parseElf(bytes));
      expect(wanted.filter(s => s.name.startsWith('fcntl')).map(s => s.name)).toEqual(['fcntl']);
      expect(makeExecutable(node, blob).bytes.equals(bytes)).toBe(true);
    });

    it('is refused above its size', () => {
      expect(() => makeExecutable(node, Buffer.alloc(20_000_000))).toThrow('at most 115000000 are allowed');
    });
  });
});
