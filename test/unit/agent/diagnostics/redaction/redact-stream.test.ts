import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { packTar, unpackTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../../../agent/diagnostics/redaction/create-redactor.ts';
import { redactStream } from '../../../../../agent/diagnostics/redaction/redact-stream.ts';

const needle = 'hunter2Canary';
const line = `DB_PASSWORD=${needle}\n`;

async function redacted(content: Uint8Array, limits?: Parameters<typeof redactStream>[2], pieceBytes = 100) {
  const redactor = createRedactor({ salt: Buffer.from('salt') });
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += pieceBytes) pieces.push(content.subarray(at, at + pieceBytes));
  const stream = redactStream(redactor, pieces, limits);
  const out: Uint8Array[] = [];
  for await (const piece of stream.pieces) out.push(piece);
  return { bytes: Buffer.concat(out), redactions: stream.redactions() };
}

async function tar(members: Readonly<Record<string, Uint8Array>>): Promise<Buffer> {
  const entries = Object.entries(members).map(([name, body]) => ({ header: { name, size: body.length }, body }));
  return Buffer.from(await packTar(entries));
}

async function membersOf(archive: Uint8Array): Promise<Map<string, Buffer>> {
  const entries = await unpackTar(archive);
  return new Map(entries.map(({ header, data }) => [header.name, Buffer.from(data ?? [])]));
}

describe('a file of any kind', () => {
  it('plain', async () => {
    const { bytes, redactions } = await redacted(Buffer.from(line));
    expect(bytes.toString()).toMatch(/^DB_PASSWORD=<redacted:password:[0-9a-f]{8}>\n$/);
    expect(redactions).toEqual({ password: 1 });
  });

  it.each([
    ['gzip', gzipSync, gunzipSync],
    ['zstd', zstdCompressSync, zstdDecompressSync],
  ])('%s is opened, redacted and packed again', async (_name, pack, open) => {
    const text = `first\n${line.repeat(1000)}last\n`;
    const { bytes, redactions } = await redacted(pack(Buffer.from(text)));
    const clean = open(bytes).toString();
    expect(clean).not.toContain(needle);
    expect(clean.split('\n')).toHaveLength(1003);
    expect(redactions).toEqual({ password: 1000 });
  });

  it('archives within archives, names too', async () => {
    const inner = await tar({ 'logs/a.log': Buffer.from(line), 'x.gz': gzipSync(Buffer.from(line)) });
    const outer = gzipSync(await tar({ 'in.tar.gz': gzipSync(inner), 'abcdef.0123456789abcdef': Buffer.from('x\n') }));
    const { bytes, redactions } = await redacted(outer);
    const members = await membersOf(gunzipSync(bytes));
    expect([...members.keys()].join(' ')).toMatch(/^in\.tar\.gz abcdef\.<redacted:kubeadm-token:[0-9a-f]{8}>$/);
    const innerMembers = await membersOf(gunzipSync(members.get('in.tar.gz') ?? ''));
    expect(innerMembers.get('logs/a.log')?.toString()).toMatch(/^DB_PASSWORD=<redacted/);
    expect(gunzipSync(innerMembers.get('x.gz') ?? '').toString()).toMatch(/^DB_PASSWORD=<redacted/);
    expect(redactions).toEqual({ password: 2 });
  });
});

describe('withheld is', () => {
  it.each([
    ['gzip that is cut off', gzipSync(Buffer.from(line.repeat(1000))).subarray(0, 60), /damaged gzip/],
    ['gzip that is not', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from(line)]), /damaged gzip/],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2]), /cannot be opened/],
    ['zip', Buffer.from('PK\x03\x04 whatever'), /cannot be opened/],
    ['a binary journal', Buffer.from('LPKSHHRH whatever'), /cannot be opened/],
    ['UTF-16', Buffer.from(`\ufeff${line.repeat(4)}`, 'utf16le'), /no text in UTF-8/],
    ['a line of 20 MB', Buffer.alloc(20_000_000, 'x'), /longer than 8 MiB/],
    [
      'a line of 20 MB within others',
      Buffer.concat([Buffer.from('a\n'), Buffer.alloc(20_000_000, 'x'), Buffer.from('\nb\n')]),
      /longer/,
    ],
  ])('%s', async (_name, content, reason) => {
    await expect(redacted(content, undefined, 65_536)).rejects.toMatchObject({
      name: 'Withheld',
      reason: expect.stringMatching(reason),
    });
  });

  it('what unpacks to more than is allowed', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000, 'a\n'));
    await expect(redacted(bomb, { unpackedBytes: 100_000, depth: 4 })).rejects.toThrow(
      'unpacks to more than is allowed',
    );
    await expect(redacted(bomb, { unpackedBytes: 2_000_000, depth: 4 })).resolves.toBeDefined();
  });

  it('an archive that is too deep', async () => {
    const deep = [1, 2, 3].reduce(content => gzipSync(content), Buffer.from(line));
    await expect(redacted(deep, { unpackedBytes: 1e9, depth: 2 })).rejects.toThrow('too many archives');
    await expect(redacted(deep, { unpackedBytes: 1e9, depth: 3 })).resolves.toBeDefined();
  });

  it('a tar that is cut off', async () => {
    const whole = await tar({ a: Buffer.from(line.repeat(100)) });
    await expect(redacted(whole.subarray(0, 700))).rejects.toThrow('damaged tar');
  });
});
