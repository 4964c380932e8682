import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeBundle } from '../../../build/bundle.ts';
import { makeExecutable } from '../../../build/executable.ts';
import { readNodeBase } from '../../../build/node-base.ts';
import { host } from '../../../build/platform.ts';
import { makeBlob } from '../../../build/sea-blob.ts';
import { createTestPki } from '../../support/test-pki.ts';
import { startTlsServer, type TlsServer } from '../../support/tls-server.ts';
import { builtBinary, runBare } from './binary.ts';

const root = join(import.meta.dirname, '..', '..', '..');
let conjurer: string;
/** The same executable around a small program that says what it is given and connects by TLS as a plain Node program would. */
let probe: string;
let folder: string;
let work: string;
let tls: TlsServer;
let untrusted: string;

beforeAll(async () => {
  conjurer = builtBinary();
  folder = mkdtempSync(join(tmpdir(), 'conjurer-environment-'));
  probe = await buildProbe(folder);
  const pki = await createTestPki();
  untrusted = join(folder, 'ca.pem');
  writeFileSync(untrusted, pki.ca);
  tls = await startTlsServer(await pki.server(), (_, response) => response.end('hello'));
});
afterAll(async () => {
  await tls?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  work = mkdtempSync(join(folder, 'work-'));
});

const expected = () => runBare(conjurer, ['--version', '--json']);

describe('conjurer --version --json', () => {
  it('answers with an empty environment', () => {
    const { status, stdout, stderr } = expected();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ version: expect.any(String), node: process.versions.node });
  });

  it.each([
    ['NODE_OPTIONS', '--require=/nonexistent.js --inspect-brk'],
    ['NODE_EXTRA_CA_CERTS', '/nonexistent/ca.pem'],
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
    ['NODE_PENDING_DEPRECATION', '1'],
    ['NODE_DEBUG', 'http,https,tls,net,fs,module,undici'],
    ['NODE_PATH', '/tmp'],
    ['NODE_USE_ENV_PROXY', '1'],
    ['NODE_USE_SYSTEM_CA', '1'],
    ['NODE_CHANNEL_FD', '77'],
    ['NODE_UNIQUE_ID', '1'],
    ['NODE_NO_WARNINGS', '1'],
    ['SSLKEYLOGFILE', '/nonexistent/keys'],
    ['SSL_CERT_FILE', '/nonexistent/ca.pem'],
    ['SSL_CERT_DIR', '/nonexistent'],
    ['OPENSSL_CONF', '/nonexistent/openssl.cnf'],
    ['OPENSSL_MODULES', '/nonexistent'],
  ])('says the same, and nothing more, with %s=%s', (name, value) => {
    expect(runBare(conjurer, ['--version', '--json'], { [name]: value })).toEqual(expected());
  });

  it.each(['NODE_V8_COVERAGE', 'NODE_REDIRECT_WARNINGS', 'SSLKEYLOGFILE'])('writes nothing where %s points', name => {
    const { status, stdout } = runBare(conjurer, ['--version', '--json'], { [name]: join(work, 'out') });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expected().stdout });
    const target = join(work, 'out');
    expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
  });

  it('takes nothing from the directory it is started in', () => {
    writeFileSync(join(work, 'package.json'), '{"type":"module","main":"x", broken');
    writeFileSync(join(work, '.npmrc'), 'node-options=--inspect-brk\nca=none\n');
    writeFileSync(join(work, '.env'), 'NODE_OPTIONS=--inspect-brk\n');
    writeFileSync(join(work, 'node.config.json'), '{"nodeOptions":{"inspect-brk":true}}');
    expect(runBare(conjurer, ['--version', '--json'], {}, work)).toEqual(expected());
  });

  it('does not take options of Node on its command line', () => {
    const { status, stderr } = runBare(conjurer, ['--inspect-brk', '--version', '--json']);
    expect({ status, listening: stderr.includes('Debugger listening') }).toEqual({ status: 0, listening: false });
  });
});

describe('the executable around a program of ours', () => {
  it('shows it none of the variables that Node obeys, and all others, in the same process', async () => {
    const env = { NODE_DEBUG: 'tls', NODE_OPTIONS: '--nope', SSL_CERT_FILE: '/x', OPENSSL_CONF: '/y', KEEP: 'me' };
    const child = spawn(probe, ['a', '--b'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const said = JSON.parse(await child.stdout.toArray().then(parts => parts.join('')));
    expect(said).toMatchObject({ env: { KEEP: 'me' }, args: ['a', '--b'], pid: child.pid, argv0: probe });
  });

  it('trusts nobody more because of the variables with which Node does', async () => {
    const port = String(tls.port);
    const own = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: untrusted };
    for (const [name, value] of Object.entries(own)) {
      // What a Node does with it, so that this test would notice if the variable meant nothing here.
      const { code } = await said(process.execPath, [join(folder, 'probe.cjs'), port], {
        [name]: value,
      });
      expect({ name, code }).toEqual({ name, code: null });
      expect(await said(probe, [port], { [name]: value })).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    }
  });

  it('is not moved by an openssl.cnf that keeps Node from starting', () => {
    const conf = join(work, 'openssl.cnf');
    writeFileSync(conf, 'nodejs_conf=a\n[a]\nproviders=b\n[b]\nnull=c\n[c]\nactivate=1\n');
    expect(runBare(process.execPath, ['-e', '0'], { OPENSSL_CONF: conf }).status).not.toBe(0);
    expect(runBare(probe, [], { OPENSSL_CONF: conf })).toMatchObject({ status: 0, stderr: '' });
  });

  it('opens no debugger on SIGUSR1: it does not listen for that signal, as Node does', async () => {
    const caught = async (command: string, args: string[]) => (await said(command, [...args, 'signals'], {})).caught;
    expect(await caught(process.execPath, [join(folder, 'probe.cjs')])).toBe(true);
    expect(await caught(probe, [])).toBe(false);
  });
});

async function said(command: string, args: readonly string[], env: Record<string, string>) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  return JSON.parse(await child.stdout.toArray().then(parts => parts.join('')));
}

async function buildProbe(folder: string): Promise<string> {
  const stamp = { version: '0.0.0', commit: 'probe', builtAt: null };
  const source = join(folder, 'probe.ts');
  writeFileSync(source, `import ${JSON.stringify(join(root, 'build/executable/environment.ts'))};\n${PROBE}`);
  writeFileSync(join(folder, 'probe.cjs'), PROBE.replace(/^import (\S+) from (.*);$/gm, 'const $1 = require($2);'));
  const { pieces } = await makeBundle(root, stamp, source);
  const node = readNodeBase(root, host);
  const path = join(folder, 'probe');
  writeFileSync(path, makeExecutable(node.bytes, makeBlob(node.path, pieces, true)).bytes, { mode: 0o755 });
  return path;
}

const PROBE = `
import tls from 'node:tls';
import fs from 'node:fs';
const args = process.argv.slice(2);
const say = (what) => process.stdout.write(JSON.stringify({ env: process.env, args, pid: process.pid, argv0: process.argv0, ...what }));
if (args[0] === 'signals') say({ caught: (BigInt('0x' + /SigCgt:\\s*(\\w+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) & 0x200n) !== 0n });
else if (/^\\d+$/.test(args[0] ?? '')) {
  const socket = tls.connect({ port: Number(args[0]), host: 'localhost' });
  socket.on('secureConnect', () => { say({ code: null }); socket.destroy(); });
  socket.on('error', error => say({ code: error.code }));
} else say({});
`;
