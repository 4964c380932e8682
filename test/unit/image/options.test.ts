import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../image/options.ts';

const parse = (...more: string[]) =>
  parseOptions(['--version', '1.3.0', '--throw-away-key', '--built-at', '2026-01-31T08:00:00Z', ...more]);

describe('options of npm run image', () => {
  it('give bookworm for virtual machines, as qcow2 and OVA', () => {
    expect(parse()).toMatchObject({
      version: '1.3.0',
      formats: ['qcow2', 'ova'],
      suite: 'bookworm',
      kernel: 'virtual',
      mirror: null,
      diskGiB: 10,
      signing: 'throw-away',
      builtAt: '2026-01-31T08:00:00Z',
    });
  });

  it('give a larger disk for an image with Kubernetes, unless a size is given', () => {
    expect(parse()).toMatchObject({ kubernetes: false });
    expect(parse('--kubernetes')).toMatchObject({ kubernetes: true, diskGiB: 16 });
    expect(parse('--kubernetes', '--disk-size', '40')).toMatchObject({ diskGiB: 40 });
  });

  it('take the time of the commit where none is given', () => {
    const { builtAt } = parseOptions(['--version', '1.3.0', '--throw-away-key']);
    expect(builtAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('take a key, further keys and all formats', () => {
    const options = parseOptions(['--version=2.0.1', '--key', '/k', '--trust', '/a', '--trust', '/b', '--format=raw']);
    expect(options).toMatchObject({ signing: { keyFile: '/k' }, trustFiles: ['/a', '/b'], formats: ['raw'] });
  });

  it.each([
    [['--throw-away-key'], '--version is missing'],
    [['--version', 'v1.3', '--throw-away-key'], '--version takes MAJOR.MINOR.PATCH'],
    [['--version', '1.3.0'], 'give one of --key and --throw-away-key'],
    [['--version', '1.3.0', '--key', '/k', '--throw-away-key'], 'give one of --key and --throw-away-key'],
    [['--version', '1.3.0', '--throw-away-key', '--suite', 'sid'], '--suite takes bookworm'],
    [['--version', '1.3.0', '--throw-away-key', '--kernel', 'rt'], '--kernel takes virtual, generic, not rt'],
    [['--version', '1.3.0', '--throw-away-key', '--format', 'vhd'], '--format takes raw, qcow2, ova, not vhd'],
    [['--version', '1.3.0', '--throw-away-key', '--disk-size', '2'], '--disk-size takes whole GiB'],
    [['--version', '1.3.0', '--throw-away-key', '--disk-size', '10G'], '--disk-size takes whole GiB'],
    [
      ['--version', '1.3.0', '--throw-away-key', '--kubernetes', '--suite', 'trixie'],
      '--kubernetes is made of bookworm',
    ],
    [['--version', '1.3.0', '--throw-away-key', '--built-at', 'today'], '--built-at takes UTC'],
    [['--version', '1.3.0', '--throw-away-key', '--suit', 'bionic'], "Unknown option '--suit'"],
  ])('%j are refused with the usage', (argv, reason) => {
    expect(() => parseOptions(argv)).toThrow(reason);
    expect(() => parseOptions(argv)).toThrow('usage: npm run image');
  });
});
