import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packTar, unpackTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCredentials } from '../../agent/controller/credentials/open-credentials.ts';
import { connectAgent } from '../support/agent-client.ts';
import { put, unpackBytes } from '../support/bundle.ts';
import { type Lab, type LabNode, openLab } from '../support/lab.ts';
import { type Ended, ran } from '../support/started.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const main = join(import.meta.dirname, '../../agent/main.ts');
let lab: Lab;
let node: LabNode;
beforeAll(async () => {
  lab = await openLab();
  node = await lab.activate({ edgeName: 'edge-bundle' });
});
afterAll(() => lab.close());

/** A tree as enrolment leaves it, with a configuration, and an age key of the support team beside it. */
async function enrolledMachine() {
  const root = await temporaryTree();
  const keys = await temporaryTree();
  execFileSync('age-keygen', ['-o', join(keys, 'key.txt')], { stdio: 'ignore' });
  const recipient = execFileSync('age-keygen', ['-y', join(keys, 'key.txt')], { encoding: 'utf8' }).trim();
  const { passphrase, credentials, clusterId } = lab;
  const opened = await openCredentials({
    passphrase: Buffer.from(passphrase),
    credentials: Buffer.from(credentials),
    now: new Date(),
  });
  const { nodeId, registrationId, certSha256, identity, joinState } = node;
  const { validToDate } = new X509Certificate(identity.cert);
  const until = validToDate.toISOString().replace(/\.\d+Z$/, 'Z');
  const state = (name: string, value: unknown) => put(root, `/var/lib/conjurer/${name}`, JSON.stringify(value), 0o600);
  await put(root, '/var/lib/conjurer/node.key', identity.key, 0o600);
  await put(root, '/var/lib/conjurer/node.crt', identity.cert, 0o600);
  await state('node.json', {
    nodeId,
    registrationId,
    certSha256,
    edgeName: 'edge-bundle',
    renewAfter: until,
    notAfter: until,
  });
  await state('join-state.json', { current: joinState, inFlight: null });
  await state('trust.json', {
    clusterId,
    bootstrapId: opened.bootstrapId,
    controllerUrls: [lab.controller.url],
    cas: [lab.controller.ca],
    configKeys: opened.configKeys,
    ntp: [],
    issuedAt: opened.issuedAt.toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  await put(
    root,
    '/etc/conjurer/conjurer.yaml',
    `edgeName: edge-bundle\nbundle: { recipients: [${recipient}] }\n`,
    0o600,
  );
  await put(root, '/var/log/conjurer/conjurer.log', '{"msg":"Authorization: Bearer abcdefghijklmnopqrstuvwx"}\n');
  await put(keys, '/ca.pem', lab.controller.ca);
  const conjurer = (...args: readonly string[]): Promise<Ended> =>
    ran(process.execPath, [main, '--root', root, ...args], { cwd: keys });
  return { root, keys, key: join(keys, 'key.txt'), ca: join(keys, 'ca.pem'), recipient, conjurer };
}

const opened = (key: string, file: string) =>
  execFileSync('age', ['-d', '-i', key, file], { maxBuffer: 64 * 1024 * 1024 });

async function only(folder: string, pattern: RegExp): Promise<string> {
  const [name, ...more] = (await readdir(folder)).filter(entry => pattern.test(entry));
  expect(more).toEqual([]);
  return join(folder, name ?? 'nothing');
}

describe('a bundle of an enrolled machine', () => {
  it('is sent to the Controller, is private, signed, verified, and opens with age', async () => {
    const { keys, key, ca, conjurer, root } = await enrolledMachine();
    for (let pod = 0; pod < 50; pod += 1)
      await put(root, `/var/log/pods/kube-system_pod-${pod}_uid/c/0.log`, 'a line\n');
    const made = await conjurer('bundle', '--upload', '--json');
    expect([0, 6]).toContain(made.status);
    const result = JSON.parse(made.stdout);
    expect(result).toMatchObject({ schema: 'conjurer.bundle-result/v1', encrypted: true, signed: true, problem: null });
    const file = await only(keys, /^conjurer-bundle-edge-bundle-\d{8}T\d{6}Z\.tar\.gz\.age$/);
    expect(result.path).toBe(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file)).length).toBe(result.bytes);

    const here = await unpackBytes(opened(key, file));
    expect(here.names.slice(0, 3)).toEqual(['report.html', 'report.json', 'report.txt']);
    expect(here.manifest).toMatchObject({ edgeName: 'edge-bundle', nodeId: node.nodeId });
    expect(here.text('conjurer/conjurer.log')).toContain('<redacted:');
    for (const name of here.names) expect(here.text(name)).not.toContain('abcdefghijklmnopqrstuvwx');
    for (const name of here.names) expect(here.text(name)).not.toContain(node.joinState);

    const kept = (await lab.controller.admin.bundles(node.nodeId)) as {
      bundleId: string;
      bytes: number;
      sha256: string;
    }[];
    const there = kept.find(({ bundleId }) => bundleId === result.uploadedAs);
    expect(there?.bytes).toBeGreaterThan(1000);

    const byPinned = await conjurer('bundle', 'verify', file, '--identity', key);
    expect(byPinned).toMatchObject({ status: 0 });
    expect(byPinned.stdout).toContain(`signed by node ${node.nodeId}`);
    const elsewhere = (...args: readonly string[]) =>
      ran(process.execPath, [main, '--root', keys, ...args], { cwd: keys });
    const unknown = await elsewhere('bundle', 'verify', file, '--identity', key);
    expect(unknown).toMatchObject({ status: 0 });
    expect(unknown.stdout).toContain('give the one of the Controller with --ca');
    const vouched = await elsewhere('bundle', 'verify', file, '--identity', key, '--ca', ca, '--json');
    expect(JSON.parse(vouched.stdout)).toMatchObject({ intact: true, signature: { state: 'valid' } });

    expect(await elsewhere('bundle', 'verify', file)).toMatchObject({ status: 2 });
    const listed = await elsewhere('bundle', 'inspect', file, '--identity', key);
    expect(listed.stdout).toMatch(/^ok +\d+ {2}conjurer\/conjurer\.log {2}\(1 redacted\)$/m);
    const shown = await elsewhere('bundle', 'inspect', file, 'conjurer/conjurer.log', '--identity', key);
    expect(shown.stdout).toBe(here.text('conjurer/conjurer.log'));
    // More than a pipe takes at once.
    const object = (await elsewhere('bundle', 'inspect', file, '--identity', key, '--json')).stdout;
    expect(object.length).toBeGreaterThan(65_536);
    expect(JSON.parse(object)).toMatchObject({ schema: 'conjurer.bundle-look/v1', intact: true });
    expect(await readdir(join(root, 'var/lib/conjurer'))).not.toContain('lock');
  });

  it('that was altered, shortened, added to, or signed by another key does not verify', async () => {
    const { keys, ca, conjurer } = await enrolledMachine();
    const whole = join(keys, 'whole.tar.gz');
    expect([0, 6]).toContain((await conjurer('bundle', '--plaintext', '-o', whole)).status);
    const entries = await unpackTar(gunzipSync(await readFile(whole)));
    const verify = async (change: (files: typeof entries) => typeof entries) => {
      const altered = join(keys, 'altered.tar.gz');
      await writeFile(altered, gzipSync(await packTar(change([...entries]))));
      return ran(process.execPath, [main, 'bundle', 'verify', altered, '--ca', ca, '--json'], { cwd: keys });
    };
    const text = (data: Uint8Array | undefined) => Buffer.from(data ?? []).toString();
    const withData = (entry: (typeof entries)[number], data: Buffer) => ({
      header: { ...entry.header, size: data.length },
      data: new Uint8Array(data),
    });
    const editManifest = (files: typeof entries, edit: (manifest: Record<string, unknown>) => void) =>
      files.map(entry => {
        if (!entry.header.name.endsWith('/manifest.json')) return entry;
        const manifest = JSON.parse(text(entry.data));
        edit(manifest);
        return withData(entry, Buffer.from(JSON.stringify(manifest)));
      });
    expect(await verify(files => files)).toMatchObject({ status: 0 });

    const changed = await verify(files =>
      files.map(entry =>
        entry.header.name.endsWith('/report.txt') ? withData(entry, Buffer.from('all is well\n')) : entry,
      ),
    );
    expect(changed.status).toBe(5);
    expect(changed.stdout).toContain('report.txt is not the file that was put in');
    const shortened = await verify(files => files.filter(({ header }) => !header.name.endsWith('/conjurer.log')));
    expect(shortened.stdout).toContain('conjurer/conjurer.log is missing');
    const added = await verify(files => [
      ...files,
      withData(files[0] as (typeof entries)[number], Buffer.from('more')),
    ]);
    expect(added).toMatchObject({ status: 5 });
    const rehashed = await verify(files =>
      editManifest(
        files.map(entry =>
          entry.header.name.endsWith('/report.txt') ? withData(entry, Buffer.from('all is well\n')) : entry,
        ),
        manifest => {
          const report = (manifest.entries as { path: string; sha256: string }[]).find(
            ({ path }) => path === 'report.txt',
          );
          if (report !== undefined) report.sha256 = createHash('sha256').update('all is well\n').digest('hex');
        },
      ),
    );
    expect(rehashed.status).toBe(5);
    expect(rehashed.stdout).toContain('changed after it was signed');
    const otherNode = await verify(files =>
      editManifest(files, manifest => Object.assign(manifest, { nodeId: 'node-x' })),
    );
    expect(otherNode.status).toBe(5);

    const other = await openLab({}, { clusterId: 'cluster-2' });
    try {
      await writeFile(join(keys, 'other-ca.pem'), other.controller.ca);
      const foreign = await ran(process.execPath, [main, 'bundle', 'verify', whole, '--ca', 'other-ca.pem'], {
        cwd: keys,
      });
      expect(foreign.status).toBe(5);
      expect(foreign.stderr).toContain('do not vouch');
    } finally {
      await other.close();
    }
    await writeFile(join(keys, 'cut.tar.gz'), (await readFile(whole)).subarray(0, 4000));
    expect(await ran(process.execPath, [main, 'bundle', 'verify', 'cut.tar.gz'], { cwd: keys })).toMatchObject({
      status: 5,
    });
  });

  it('is not made where nobody could read it, and never falls back to plain text', async () => {
    const { keys, conjurer, root } = await enrolledMachine();
    await put(root, '/etc/conjurer/conjurer.yaml', 'edgeName: edge-bundle\n', 0o600);
    const refused = await conjurer('bundle');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('E_BUNDLE_RECIPIENT');
    expect(await conjurer('bundle', '--recipient', 'age1nothing')).toMatchObject({ status: 2 });
    expect(await conjurer('bundle', '--plaintext', '--upload')).toMatchObject({ status: 2 });
    expect((await readdir(keys)).filter(name => name.includes('bundle'))).toEqual([]);
  });
});

describe('the call', () => {
  it('takes a body of any length as it comes, and a refusal in the middle of it', async () => {
    const controller = connectAgent({
      urls: [lab.controller.url],
      cas: [lab.controller.ca],
      identity: () => ({ cert: Buffer.from(node.identity.cert), key: Buffer.from(node.identity.key) }),
    });
    async function* pieces(count: number): AsyncIterable<Uint8Array> {
      for (let piece = 0; piece < count; piece += 1) yield Buffer.alloc(65_536, piece);
    }
    try {
      await controller.bundle(node.nodeId, 'streamed', pieces(100), node.joinState);
      expect(await lab.controller.admin.bundles(node.nodeId)).toContainEqual(
        expect.objectContaining({ bundleId: 'streamed', bytes: 6_553_600 }),
      );
      for (const count of [1, 400]) {
        await expect(controller.bundle(node.nodeId, 'forged', pieces(count), 'forged.state')).rejects.toMatchObject({
          retry: { class: 'terminal' },
        });
      }
    } finally {
      await controller.close();
    }
  });
});
