import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCpuinfo, processors } from '../../../../bootstrap/facts/cpu.ts';
import { viewOf } from '../../../../bootstrap/facts/gather.ts';
import { readSource } from '../../../../bootstrap/facts/source.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { fixturePath } from '../../../support/facts-fixtures/fixture-host.ts';

const cpuinfo = readFileSync(fixturePath('ubuntu-18.04-vmware', 'root/proc/cpuinfo'), 'utf8');
const without = (flag: string): string => cpuinfo.replaceAll(new RegExp(`(flags.*) ${flag}( |$)`, 'gm'), '$1$2');

describe('the level of the x86-64 psABI', () => {
  it.each([
    ['lm', null],
    ['sse2', null],
    ['cx16', 'x86-64-v1'],
    ['lahf_lm', 'x86-64-v1'],
    ['popcnt', 'x86-64-v1'],
    ['pni', 'x86-64-v1'],
    ['ssse3', 'x86-64-v1'],
    ['movbe', 'x86-64-v2'],
    ['abm', 'x86-64-v2'],
    ['avx2', 'x86-64-v2'],
    ['xsave', 'x86-64-v2'],
    ['avx512vl', 'x86-64-v3'],
    ['arat', 'x86-64-v4'],
  ])('without %s is %s', (flag, level) => {
    expect(without(flag)).not.toBe(cpuinfo);
    expect(parseCpuinfo(without(flag)).cpu.level).toBe(level);
  });

  it('is that of the weakest processor', () => {
    expect(parseCpuinfo(cpuinfo.replace(' avx2 ', ' ')).cpu.level).toBe('x86-64-v2');
  });
});

describe('an arm64 machine', () => {
  const arm = `processor\t: 0
BogoMIPS\t: 243.75
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics
CPU implementer\t: 0x41
CPU architecture: 8
CPU part\t: 0xd0c

processor\t: 1
CPU implementer\t: 0x41
CPU architecture: 8
`;
  it('has no level, and no names in /proc/cpuinfo', () => {
    expect(parseCpuinfo(arm)).toEqual({
      cpu: { vendor: null, model: null, sockets: null, cores: null, threads: 2, level: null },
      arch: 'arm64',
    });
  });

  it('is given names where the machine that runs this can be asked', async () => {
    const view = await viewOf(localHost({ root: '/' }), new AbortController().signal);
    const running = { ...view.running, readText: async () => arm };
    const asked = await readSource(processors, { ...view, running, live: true });
    expect(asked.value.cpu.model).toMatch(/\w/);
    expect(asked.value.cpu.cores).toBeGreaterThan(0);
    const captured = await readSource(processors, { ...view, running, live: false });
    expect(captured.value.cpu.model).toBeNull();
    expect(captured.missing).toContainEqual({ field: 'cpu.model', why: '/proc/cpuinfo does not say' });
  });
});
