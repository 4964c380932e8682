import { describe, expect, it } from 'vitest';
import { requireTools, runProgram, runTool } from '../../../image/tool.ts';

describe('tools', () => {
  it('that are missing are named with their packages, all at once', () => {
    const everything = { PATH: '/nowhere' };
    expect(() => requireTools(['mke2fs', 'qemu-img', 'debugfs'], everything)).toThrow(
      'mke2fs, qemu-img, debugfs missing; type: apt-get install e2fsprogs qemu-utils',
    );
    expect(() => runTool('mmdebstrap', [], { env: everything })).toThrow(
      'mmdebstrap is missing; type: apt-get install mmdebstrap',
    );
  });

  it('that are there are not', () => {
    expect(() => requireTools(['tar', 'cp'])).not.toThrow();
  });

  it('that fail are named with what they said last', () => {
    const run = () => runProgram('sh', ['-c', 'echo no room >&2; exit 7']);
    expect(run).toThrow('ended with 7:\n  no room');
    expect(runProgram('sh', ['-c', 'echo so; exit 7'], { statuses: [0, 7] })).toBe('so\n');
  });

  it('get no environment but a path and a locale', () => {
    expect(
      runProgram('sh', ['-c', 'env'])
        .split('\n')
        .map(line => line.split('=')[0])
        .sort(),
    ).toEqual(expect.arrayContaining(['LC_ALL', 'PATH']));
    expect(runProgram('sh', ['-c', 'echo "$HOME"'])).toBe('\n');
  });
});
