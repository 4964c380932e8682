import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4, formatIpv6, normalizeIpv6 } from '../../../../bootstrap/facts/address.ts';
import { parseIpAddress } from '../../../../bootstrap/facts/addresses.ts';
import { parseDatasource, parseInstanceData } from '../../../../bootstrap/facts/cloud-init.ts';
import { parseCpuinfo } from '../../../../bootstrap/facts/cpu.ts';
import { parseSerialPage, parseUdevSerial } from '../../../../bootstrap/facts/disk-serial.ts';
import { parseResolvConf } from '../../../../bootstrap/facts/dns.ts';
import { parseManifest } from '../../../../bootstrap/facts/image.ts';
import { parseMeminfo } from '../../../../bootstrap/facts/memory.ts';
import { mountOf, parseDf, parseMountinfo } from '../../../../bootstrap/facts/mounts.ts';
import { parseIpv4Routes, parseIpv6Routes } from '../../../../bootstrap/facts/routes.ts';
import { parseOsRelease } from '../../../../bootstrap/facts/system.ts';

describe('no parser throws, whatever it is given', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.lorem({ mode: 'sentences' }));
  it.each([
    ['cpuinfo', parseCpuinfo],
    ['meminfo', parseMeminfo],
    ['mountinfo', parseMountinfo],
    ['df', parseDf],
    ['route', parseIpv4Routes],
    ['ipv6_route', parseIpv6Routes],
    ['resolv.conf', parseResolvConf],
    ['os-release', parseOsRelease],
    ['ip address', parseIpAddress],
    ['instance-data', parseInstanceData],
    ['cloud-init status', parseDatasource],
    ['manifest', parseManifest],
    ['udev', parseUdevSerial],
  ] as const)('%s', (_, parse) => {
    fc.assert(fc.property(anything, text => void parse(text)));
  });

  it('SCSI serial page', () => {
    fc.assert(fc.property(fc.uint8Array(), bytes => typeof parseSerialPage(Buffer.from(bytes)) === 'string'));
  });
});

describe('what is written is what is read', () => {
  it('an IPv4 address of /proc/net/route', () => {
    fc.assert(
      fc.property(fc.ipV4(), address => {
        const hex = Buffer.from(address.split('.').map(Number).reverse()).toString('hex');
        expect(formatIpv4(hex)).toBe(address);
      }),
    );
  });

  it('an IPv6 address of /proc/net/ipv6_route', () => {
    expect(formatIpv6('20010db8000000000000000000000010')).toBe('2001:db8::10');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
        const short = formatIpv6(Buffer.from(bytes).toString('hex'));
        expect(short).not.toBeNull();
        expect(normalizeIpv6(short ?? '')).toBe(short);
      }),
    );
  });

  it('the prefix length of a mask, and nothing of a mask with holes', () => {
    const row = (mask: string) => `Iface\nens3\t0002000A\t00000000\t0001\t0\t0\t0\t${mask}\t0\t0\t0\n`;
    expect(parseIpv4Routes(row('00FFFFFF')).map(route => route.destination)).toEqual(['10.0.2.0/24']);
    expect(parseIpv4Routes(row('FFFFFFFF')).map(route => route.destination)).toEqual(['10.0.2.0/32']);
    expect(parseIpv4Routes(row('FF00FFFF'))).toEqual([]);
  });

  it('a mount point with any characters that the kernel escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\n', '\\', '4'), minLength: 1 }), name => {
        const escaped = name.replace(/[ \t\n\\]/g, one => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);
        const [mount] = parseMountinfo(`1 0 8:1 / /${escaped} rw shared:1 - ext4 /dev/sda1 rw\n`);
        expect(mount?.path).toBe(`/${name}`);
      }),
    );
  });

  it('a serial page, and nothing of another page', () => {
    expect(parseSerialPage(Buffer.from('\x00\x80\x00\x04WD-1rest', 'latin1'))).toBe('WD-1');
    expect(parseSerialPage(Buffer.from('\x00\x83\x00\x04WD-1', 'latin1'))).toBe('');
  });
});

describe('mountOf', () => {
  const lines = parseMountinfo(
    ['/', '/mnt', '/mnt/disk', '/mnt/disk'].map((path, n) => `1 0 8:${n} / ${path} rw - ext4 /dev/sda rw`).join('\n'),
  );
  it.each([
    ['/', '8:0'],
    ['/mntx', '8:0'],
    ['/mnt/other', '8:1'],
    ['/mnt/disk/etc', '8:3'],
  ])('%s lies in %s', (path, device) => {
    expect(mountOf(path, lines)?.device).toBe(device);
  });
});

describe('what cloud-init leaves', () => {
  it('gives the name of the datasource without device or address', () => {
    const status = (datasource: string | null) => JSON.stringify({ v1: { datasource } });
    expect(parseDatasource(status('DataSourceNoCloudNet [seed=cmdline,http://u:secret@10.0.0.1/]'))).toBe('nocloudnet');
    expect(parseDatasource(status('DataSourceVMware [seed=guestinfo]'))).toBe('vmware');
    expect(parseDatasource(status(null))).toBeNull();
  });

  it('gives the instance-id of old and new releases', () => {
    expect(parseInstanceData('{"v1":{"instance-id":"old"}}').instanceId).toBe('old');
    expect(parseInstanceData('{"v1":{"instance_id":"new","platform":"vmware"}}')).toEqual({
      instanceId: 'new',
      platform: 'vmware',
    });
  });
});

describe('parseManifest', () => {
  const head = { image: 'clusterimage-r-v1.3.0', version: '1.3.0', buildId: '7' };
  it.each([
    ['not JSON', '{', 'not JSON'],
    ['no name', JSON.stringify({ ...head, image: undefined }), 'image does not fit'],
    ['a v before the version', JSON.stringify({ ...head, version: 'v1.3.0' }), 'version does not fit'],
    ['a list', '[]', 'the whole does not fit'],
  ])('says what is wrong: %s', (_, text, wrong) => {
    expect(parseManifest(text)).toBe(wrong);
  });
});
