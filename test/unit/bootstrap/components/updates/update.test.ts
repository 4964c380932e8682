import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, statSync, watch } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDownload } from '../../../../../agent/controller/download.ts';
import { defaultPatience } from '../../../../../agent/controller/patience.ts';
import type { ComponentFileChange } from '../../../../../bootstrap/change.ts';
import {
  componentFileKind,
  componentRestoreKind,
  removeReplaced,
} from '../../../../../bootstrap/changes/component-file.ts';
import type { FetchFrom } from '../../../../../bootstrap/components/updates/download.ts';
import { readOverlay } from '../../../../../bootstrap/components/updates/overlay.ts';
import type { AgentError } from '../../../../../bootstrap/errors.ts';
import type { Files, Host } from '../../../../../bootstrap/host/host.ts';
import { localHost } from '../../../../../bootstrap/host/local-host.ts';
import { temporaryTree } from '../../../../support/temporary-tree.ts';
import { createTestPki } from '../../../../support/test-pki.ts';
import { startTlsServer } from '../../../../support/tls-server.ts';
import type { UpdateJob } from '../../../../support/update-process.ts';

const MiB = 1024 * 1024;
const path = '/usr/bin/tool';
const before = Buffer.from('the tool of the image');
const pki = await createTestPki();
const never = new AbortController().signal;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const failing = (code: string) => expect.objectContaining<Partial<AgentError>>({ code: code as AgentError['code'] });

type Respond = (request: IncomingMessage, response: ServerResponse, bytes: Buffer) => void;

/** Answers ranges as a file server does. */
const serveRange: Respond = (request, response, bytes) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(
    start > 0 ? 206 : 200,
    start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {},
  );
  response.end(bytes.subarray(start));
};

/** A machine with a tool from its image, and a server that has the next one. */
async function machine(respond: Respond = serveRange, bytes = randomBytes(3 * MiB)) {
  const root = await temporaryTree();
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  await mkdir(join(root, 'var/lib'), { recursive: true });
  await writeFile(join(root, path), before);
  await chmod(join(root, path), 0o755);
  const ranges: (string | undefined)[] = [];
  let answer = respond;
  const server = await startTlsServer(await pki.server(), (request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, bytes);
  });
  onTestFinished(() => server.close());
  const host = localHost({ root });
  const options = { cas: [pki.ca], identity: null, proxy: null, patience: defaultPatience, clock: host.clock };
  const fetch: FetchFrom = (url, offset, signal) => openDownload(url, offset, options, signal);
  const change: ComponentFileChange = {
    kind: 'component-file',
    id: 'component-tool',
    component: 'tool',
    version: '2.0.0',
    path,
    mode: 0o755,
    url: `${server.url}/tool`,
    sha256: sha256(bytes),
    size: bytes.length,
    images: null,
    imported: [],
  };
  return {
    root,
    host,
    server,
    bytes,
    ranges,
    change,
    fetch,
    kind: componentFileKind(fetch),
    answerWith(next: Respond) {
      answer = next;
    },
    /** By its hash: to compare millions of bytes one by one takes a test minutes. */
    content: async () => sha256(await readFile(join(root, path))),
    names: async () => (await readdir(join(root, 'usr/bin'))).sort(),
  };
}

test('an update takes the place of the file, with its mode and an entry in the overlay; the old one is kept', async () => {
  const { kind, change, host, content, bytes, root, names } = await machine();
  expect(await kind.isDone(change, host)).toBe(false);
  await kind.apply(change, host, never);
  expect(await kind.isDone(change, host)).toBe(true);
  expect(await content()).toBe(sha256(bytes));
  expect((await stat(join(root, path))).mode & 0o777).toBe(0o755);
  expect(await readOverlay(host.files)).toEqual([
    { component: 'tool', path, version: '2.0.0', sha256: change.sha256, size: change.size, images: null },
  ]);
  expect(await names()).toEqual([`.conjurer-old.${sha256(before).slice(0, 16)}.tool`, 'tool']);
});

test('undone, the file of the image is back, and the overlay is gone', async () => {
  const { kind, change, host, content, names } = await machine();
  const [undo] = await kind.undo(change, host);
  await kind.apply(change, host, never);
  if (undo?.kind !== 'component-restore') throw new Error('no undo');
  expect(await componentRestoreKind.isDone(undo, host)).toBe(false);
  await componentRestoreKind.apply(undo, host, never);
  expect(await componentRestoreKind.isDone(undo, host)).toBe(true);
  expect(await content()).toBe(sha256(before));
  expect(await readOverlay(host.files)).toEqual([]);
  expect(await names()).toEqual(['tool']);
});

test('after the hand-off what was replaced is given up, and the update stays when it is undone', async () => {
  const { kind, change, host, content, bytes, names } = await machine();
  const [undo] = await kind.undo(change, host);
  await kind.apply(change, host, never);
  await removeReplaced(host);
  expect(await names()).toEqual(['tool']);
  if (undo?.kind !== 'component-restore') throw new Error('no undo');
  expect(await componentRestoreKind.isDone(undo, host)).toBe(true);
  expect(await content()).toBe(sha256(bytes));
});

test('what is there already is not fetched', async () => {
  const { kind, change, host, ranges } = await machine();
  await kind.apply(change, host, never);
  await kind.apply(change, host, never);
  expect(ranges).toEqual([undefined]);
});

test('a connection that breaks is taken up where it broke', async () => {
  let requests = 0;
  const { kind, change, host, content, bytes, ranges } = await machine((request, response, all) => {
    requests += 1;
    if (requests > 1) return serveRange(request, response, all);
    response.writeHead(200, { 'content-length': all.length });
    response.write(all.subarray(0, MiB), () => setImmediate(() => response.destroy()));
  });
  await kind.apply(change, host, never);
  expect(await content()).toBe(sha256(bytes));
  expect(ranges).toHaveLength(2);
  expect(Number(/^bytes=(\d+)-$/.exec(ranges[1] ?? 'bytes=0-')?.[1])).toBeLessThanOrEqual(MiB);
});

test('killed in the middle, the next process goes on from what is there', async () => {
  const { root, host, change, content, bytes, ranges, answerWith } = await machine((_request, response, all) => {
    response.writeHead(200, { 'content-length': all.length });
    response.write(all.subarray(0, 2 * MiB));
  });
  const job: UpdateJob = { root, change, ca: pki.ca };
  await writeFile(join(root, 'job.json'), JSON.stringify(job));
  const staged = join(root, 'usr/bin', `.conjurer-new.${change.sha256.slice(0, 16)}.tool`);
  const watcher = watch(join(root, 'usr/bin'));
  const first = start(join(root, 'job.json'));
  while (!existsSync(staged) || statSync(staged).size < 2 * MiB) await once(watcher, 'change');
  watcher.close();
  first.kill('SIGKILL');
  await once(first, 'exit');
  expect(await content()).toBe(sha256(before));

  answerWith(serveRange);
  const second = start(join(root, 'job.json'));
  const [status] = await once(second, 'exit');
  expect(status).toBe(0);
  expect(ranges).toEqual([undefined, `bytes=${2 * MiB}-`]);
  expect(await content()).toBe(sha256(bytes));
  expect(await readOverlay(host.files)).toHaveLength(1);
});

test('a server that gives the whole again is taken from its beginning', async () => {
  const { kind, change, host, root, content, bytes } = await machine((_request, response, all) => {
    response.writeHead(200);
    response.end(all);
  });
  const staged = join(root, 'usr/bin', `.conjurer-new.${change.sha256.slice(0, 16)}.tool`);
  await writeFile(staged, bytes.subarray(0, 1000));
  await kind.apply(change, host, never);
  expect(await content()).toBe(sha256(bytes));
});

test.each([
  ['other bytes', randomBytes(3 * MiB)],
  ['too many bytes', randomBytes(4 * MiB)],
])('%s than the configuration names are thrown away', async (_, other) => {
  const { kind, change, host, root, content } = await machine((request, response) =>
    serveRange(request, response, other),
  );
  await expect(kind.apply(change, host, never)).rejects.toThrow(failing('E_UPDATE_MISMATCH'));
  expect(await content()).toBe(sha256(before));
  expect(await readOverlay(host.files)).toEqual([]);
  const staged = join(root, 'usr/bin', `.conjurer-new.${change.sha256.slice(0, 16)}.tool`);
  expect((await stat(staged)).size).toBe(0);
});

test('a file that is not there, a server that is not trusted', async () => {
  const { kind, change, host, content } = await machine((_request, response) => {
    response.writeHead(404);
    response.end();
  });
  await expect(kind.apply(change, host, never)).rejects.toThrow(failing('E_UPDATE_FETCH'));
  const stranger = await startTlsServer(await (await createTestPki('Stranger')).server(), (_request, response) => {
    response.end('x');
  });
  onTestFinished(() => stranger.close());
  const elsewhere = { ...change, url: `${stranger.url}/tool` };
  await expect(kind.apply(elsewhere, host, never)).rejects.toThrow(failing('E_UPDATE_FETCH'));
  expect(await content()).toBe(sha256(before));
});

test('an update that is larger than the disk is not begun', async () => {
  const { kind, change, host, ranges } = await machine();
  const huge = { ...change, size: Number.MAX_SAFE_INTEGER };
  await expect(kind.apply(huge, host, never)).rejects.toThrow(failing('E_UPDATE_NO_ROOM'));
  expect(ranges).toEqual([]);
});

test('stopped before any of its steps on the disk, the next run ends where an undisturbed one does, and can be undone', async () => {
  for (let cut = 0; ; cut += 1) {
    const { kind, change, host, content, bytes, names } = await machine(serveRange, randomBytes(1000));
    const [undo] = await kind.undo(change, host);
    const wasCut = await kind.apply(change, stoppedAt(cut, host), never).then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof Cut)) throw error;
        return true;
      },
    );
    await kind.apply(change, host, never);
    expect(await kind.isDone(change, host)).toBe(true);
    expect(await content()).toBe(sha256(bytes));
    if (undo?.kind !== 'component-restore') throw new Error('no undo');
    await componentRestoreKind.apply(undo, stoppedAt(cut, host), never).catch((error: unknown) => {
      if (!(error instanceof Cut)) throw error;
    });
    await componentRestoreKind.apply(undo, host, never);
    expect(await componentRestoreKind.isDone(undo, host)).toBe(true);
    expect(await content()).toBe(sha256(before));
    expect(await readOverlay(host.files)).toEqual([]);
    expect(await names()).toEqual(['tool']);
    if (!wasCut) {
      expect(cut).toBeGreaterThan(3);
      return;
    }
  }
});

class Cut extends Error {}

/** The same machine, which stops before the step on its disk with this number, from 0. */
function stoppedAt(cut: number, host: Host): Host {
  let steps = 0;
  const counted = <T>(step: () => Promise<T>): Promise<T> => (steps++ === cut ? Promise.reject(new Cut()) : step());
  const { files } = host;
  const stopped: Files = {
    ...files,
    write: (...args) => counted(() => files.write(...args)),
    remove: (...args) => counted(() => files.remove(...args)),
    rename: (...args) => counted(() => files.rename(...args)),
    link: (...args) => counted(() => files.link(...args)),
  };
  return { ...host, files: stopped };
}

function start(jobFile: string) {
  const program = join(import.meta.dirname, '../../../../support/update-process.ts');
  return spawn(process.execPath, [program, jobFile], { stdio: 'inherit' });
}
