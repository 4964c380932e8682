import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseElf, SHF } from '../../../../build/elf/elf.ts';
import { embedBlob } from '../../../../build/elf/embed.ts';
import { proveFloor } from '../../../../build/elf/floor.ts';
import { lowerGlibc } from '../../../../build/elf/lower-glibc.ts';
import { strip } from '../../../../build/elf/strip.ts';
import { makeBlob, type Piece } from '../../../../build/sea-blob.ts';
import { createTestPki } from '../../../support/test-pki.ts';
import { nodePath, readNode } from './real-files.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conjurer-elf-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('strip', () => {
  it('drops symbols and debug information, keeps every byte that is loaded', () => {
    const before = parseElf(readNode());
    const after = parseElf(strip(before.bytes));
    expect(after.bytes.length).toBeLessThan(before.bytes.length * 0.9);
    expect(after.segments).toEqual(before.segments);
    const loaded = before.sections.filter(s => s.flags & SHF.alloc).map(s => s.name);
    expect(after.sections.map(s => s.name)).toEqual(['', ...loaded, '.shstrtab']);
    for (const { offset, fileSize } of after.segments.slice(1)) {
      // The file's own header is the only loaded place that says where the section headers are.
      const start = Math.max(offset, 64);
      const part = (bytes: Buffer) => bytes.subarray(start, offset + fileSize);
      expect(part(after.bytes).equals(part(before.bytes))).toBe(true);
    }
  });

  it('keeps the links between sections', () => {
    const { sections } = parseElf(strip(readNode()));
    const linkOf = (name: string) => sections[sections.find(s => s.name === name)?.link ?? 0]?.name;
    expect(linkOf('.dynsym')).toBe('.dynstr');
    expect(linkOf('.gnu.version')).toBe('.dynsym');
    expect(linkOf('.dynamic')).toBe('.dynstr');
    const plt = sections.find(s => s.name === '.rela.plt');
    expect(sections[plt?.info ?? 0]?.name).toBe('.got');
  });
});

describe('a lowered, stripped Node', () => {
  it('starts, locks files and speaks TLS', async () => {
    const bytes = strip(readNode());
    lowerGlibc(bytes);
    const path = await writeProgram('node', bytes);
    const pki = await createTestPki();
    const { key, cert } = await pki.server();
    await writeFile(join(folder, 'pki.json'), JSON.stringify({ ca: pki.ca, key: String(key), cert: String(cert) }));
    await writeFile(join(folder, 'work.mjs'), WORK);
    const { stdout } = await run(path, ['work.mjs', join(folder, 'work.db')], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ rows: 100, locked: true, protocol: 'TLSv1.3', text: 'hello over TLS' });
  });
});

describe('embedBlob', () => {
  it('makes a program that runs the blob, on the floor, with all arguments for the blob', async () => {
    const blob = makeBlob(nodePath, piece('process.stdout.write(JSON.stringify(process.argv.slice(2)))'), true);
    const base = strip(readNode());
    lowerGlibc(base);
    const bytes = embedBlob(base, blob);
    expect(proveFloor(bytes).GLIBC).toBe('2.27');
    const { stdout, stderr } = await run(await writeProgram('tiny', bytes), ['--inspect', '-e', '1'], { env: {} });
    expect(JSON.parse(stdout)).toEqual(['--inspect', '-e', '1']);
    expect(stderr).toBe('');
  });

  it('lets the program headers stand where they were, and describes the new segment', () => {
    const before = parseElf(strip(readNode()));
    const after = parseElf(embedBlob(before.bytes, Buffer.alloc(1000, 7)));
    expect(after.segmentTable).toBe(before.segmentTable);
    expect(after.segments).toHaveLength(before.segments.length + 1);
    const added = after.segments.at(-1);
    const note = after.sections.find(s => s.name === '.note.node.sea');
    expect(note?.offset).toBeGreaterThan(added?.offset ?? 0);
    expect((note?.offset ?? 0) + (note?.size ?? 0)).toBeLessThanOrEqual((added?.offset ?? 0) + (added?.fileSize ?? 0));
    const interp = after.sections.find(s => s.name === '.interp');
    expect(after.bytes.toString('latin1', interp?.offset, (interp?.offset ?? 0) + 8)).toMatch(/^\/lib/);
  });

  it('refuses a program that holds a blob already', () => {
    const once = embedBlob(strip(readNode()), Buffer.from('x'));
    expect(() => embedBlob(once, Buffer.from('y'))).toThrow('no room');
  });
});

describe('makeBlob', () => {
  it('is the same bytes each time, code cache included', () => {
    const code = piece(`(function ask() { const answers = { a: 1 }; return answers.a + 'text'; })();`.repeat(50));
    const first = makeBlob(nodePath, code, true);
    expect(first.equals(makeBlob(nodePath, code, true))).toBe(true);
    expect(first.length).toBeGreaterThan(makeBlob(nodePath, code, false).length);
  });
});

function piece(text: string): Piece[] {
  return [{ name: 'entry.js', code: Buffer.from(`(function(exports,require,module){${text}\n})`), isEarly: true }];
}

async function writeProgram(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  await chmod(path, 0o755);
  return path;
}

/** SQLite locks its file with fcntl: the call whose name was changed. */
const WORK = `
import { readFileSync } from 'node:fs';
import { createServer, connect } from 'node:tls';
import { DatabaseSync } from 'node:sqlite';
const file = process.argv[2];
const db = new DatabaseSync(file);
db.exec('create table t (n integer)');
const insert = db.prepare('insert into t values (?)');
for (let n = 0; n < 100; n++) insert.run(n);
const rows = db.prepare('select count(*) as n from t').get().n;
db.exec('begin exclusive');
const other = new DatabaseSync(file);
let locked = false;
try { other.exec('insert into t values (1)'); } catch (error) { locked = /locked/.test(error.message); }
const { ca, key, cert } = JSON.parse(readFileSync('pki.json', 'utf8'));
const server = createServer({ key, cert }, socket => socket.end('hello over TLS'));
server.listen(0, '127.0.0.1', () => {
  let text = '';
  const client = connect({ port: server.address().port, host: '127.0.0.1', ca, minVersion: 'TLSv1.3' });
  client.on('data', data => { text += data; });
  client.on('end', () => {
    process.stdout.write(JSON.stringify({ rows, locked, protocol: client.getProtocol(), text }));
    server.close();
  });
});
`;
