import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectAdmin } from '../controller/admin/client.ts';
import { readTarget } from '../controller/admin/files.ts';
import { runAdmin } from '../controller/admin/run.ts';
import { watchEvents } from '../controller/admin/watch.ts';
import { type ControllerProcess, spawnController } from '../support/controller-process.ts';
import { bootstrapIdentity, type Identity, makeMachine, openClient, type RawMachine } from '../support/raw-agent.ts';

const run = promisify(execFile);
const ADMIN = path.resolve(import.meta.dirname, '../controller/admin/main.ts');
const CONTROLLER = path.resolve(import.meta.dirname, '../controller/main.ts');

let data: string;
let controller: ControllerProcess;
beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'conjurer-controller-'));
  controller = await spawnController(data);
});
afterEach(async () => {
  await controller.kill('SIGKILL');
  await rm(data, { recursive: true, force: true });
});

/** Runs a command of the admin client; resolves with what it printed, also when it fails. */
async function admin(...words: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const [out, notes]: [string[], string[]] = [[], []];
  const code = await runAdmin(['--data', data, ...words], {
    print: line => void out.push(`${line}\n`),
    note: line => void notes.push(line),
    confirm: async () => false,
  });
  return { stdout: out.join(''), stderr: notes.join('\n'), code };
}

async function createCluster(...flags: string[]): Promise<Identity> {
  await admin('cluster', 'create', 'edge-01', '--out', path.join(data, 'out'), ...flags);
  const read = (name: string) => readFile(path.join(data, 'out', name), 'utf8');
  return bootstrapIdentity({ passphrase: await read('passphrase'), credentials: await read('credentials.pem') });
}

async function register(identity: Identity, machine: RawMachine) {
  const client = openClient(controller.url, await readFile(path.join(data, 'ca/cert.pem'), 'utf8'), identity);
  try {
    return await client.send('POST', '/clusters/edge-01/registrations', {
      headers: { 'idempotency-key': machine.idempotencyKey },
      body: machine.body,
    });
  } finally {
    await client.close();
  }
}

describe('the process', () => {
  test('kill -9 at any moment loses no acknowledged registration', async () => {
    const identity = await createCluster('--auto-approve');
    const machines = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        makeMachine('edge-01', { edgeName: `edge-${i}`, smbiosUuid: `uuid-${i}`, serial: `serial-${i}` }),
      ),
    );
    const acknowledged = new Map<RawMachine, string>();
    for (const batch of [machines.slice(0, 8), machines.slice(8, 16), machines.slice(16)]) {
      const sent = batch.map(async machine => {
        const answer = await register(identity, machine).catch(() => null);
        if (answer?.status === 201) acknowledged.set(machine, answer.json.registrationId);
        return answer;
      });
      await Promise.any(sent);
      await controller.kill('SIGKILL');
      await Promise.allSettled(sent);
      controller = await spawnController(data);
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(3);
    for (const [machine, registrationId] of acknowledged) {
      const again = await register(identity, machine);
      expect([again.status, again.json.registrationId]).toEqual([200, registrationId]);
    }
    for (const machine of machines) expect([200, 201]).toContain((await register(identity, machine)).status);
    const kept = connectAdmin(readTarget(data));
    expect(await kept.registrations()).toHaveLength(24);
    expect(await kept.nodes()).toHaveLength(24);
    await kept.close();
  });

  test('secrets are for the owner alone, and the same after a restart', async () => {
    const names = ['admin-token', 'config-keys.json', 'join-secret', 'ca/key.pem'];
    const look = () => Promise.all(names.map(name => readFile(path.join(data, name), 'utf8')));
    const before = await look();
    for (const name of names) expect((await stat(path.join(data, name))).mode & 0o777, name).toBe(0o600);
    await controller.kill('SIGTERM');
    expect(controller.process.exitCode).toBe(0);
    controller = await spawnController(data);
    expect(await look()).toEqual(before);
  });

  test('a signal that comes while it says where it listens ends it well', async () => {
    await controller.kill('SIGTERM');
    const signalled = `const { stdout } = process, { write } = stdout;
      stdout.write = (...words) => (process.kill(process.pid, 'SIGTERM'), write.apply(stdout, words));`;
    const { stdout } = await run(process.execPath, [
      ...['--import', `data:text/javascript,${encodeURIComponent(signalled)}`],
      ...[CONTROLLER, '--listen', '127.0.0.1:0', '--data', data],
    ]);
    expect(stdout).toContain('Reference Controller at');
  });

  test('the limit of requests a second', async () => {
    await controller.kill('SIGTERM');
    controller = await spawnController(data, '--rate-limit', '20');
    const client = openClient(controller.url, await readFile(path.join(data, 'ca/cert.pem'), 'utf8'), null);
    const answers = await Promise.all(Array.from({ length: 60 }, () => client.send('GET', '/time?nonce=short')));
    await client.close();
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThan(0);
    expect(answers.length - limited.length).toBeGreaterThanOrEqual(20);
    expect(limited[0]?.headers['retry-after']).toBe('1');
  });
});

describe('the admin client', () => {
  test('from a cluster to an approved node', async () => {
    const identity = await createCluster();
    expect((await stat(path.join(data, 'out/credentials.pem'))).mode & 0o777).toBe(0o400);
    const watched = watchEvents(readTarget(data));
    expect(await watched.next()).toMatchObject({ value: { kind: 'open' } });
    const { json } = await register(identity, await makeMachine('edge-01'));
    const seen = [(await watched.next()).value, (await watched.next()).value];
    await watched.return(undefined);
    expect(seen).toContainEqual({ kind: 'registration', data: expect.stringContaining(json.registrationId) });

    expect((await admin('list')).stdout).toContain(`edge-001  ${json.registrationId}  discovered  ${json.claimCode}`);
    const unsure = await admin('approve', 'edge-001');
    expect([unsure.code, unsure.stdout.includes(json.claimCode)]).toEqual([2, true]);
    const wrong = await admin('approve', 'edge-001', '--fingerprint', 'SHA256:other');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('fingerprint_mismatch')]);
    const approved = await admin('approve', 'edge-001', '--fingerprint', json.keyFingerprint);
    expect([approved.code, approved.stdout]).toEqual([0, expect.stringMatching(/approved: node node-[0-9a-f]{16}/)]);
    expect((await admin('audit')).stdout).toMatch(/ admin {2}approve {2}reg-/);
    expect((await admin('ticket', 'edge-001')).stdout).toMatch(/^[A-Za-z0-9_-]{32}\n$/);
  });

  test('deny, quarantine, release, ban, revoke, faults and configuration', async () => {
    const identity = await createCluster();
    const { json } = await register(identity, await makeMachine('edge-01'));
    const target = connectAdmin(readTarget(data));
    const state = async () => (await target.registration(json.registrationId)).state;
    await admin('quarantine', 'edge-001');
    expect(await state()).toBe('quarantined');
    await admin('release', 'edge-001');
    expect(await state()).toBe('discovered');
    await admin('deny', json.registrationId, '--reason', 'not ours');
    expect(await state()).toBe('denied');
    const other = await register(identity, await makeMachine('edge-01', { edgeName: 'edge-002', smbiosUuid: 'x' }));
    await admin('approve', other.json.registrationId, '--yes');
    await admin('ban', 'edge-002');
    expect((await target.nodes())[0]?.state).toBe('banned');
    await admin('fault', 'on', 'latency', '--count', '3', '--set', 'milliseconds=5');
    expect(await target.faults()).toMatchObject([{ spec: { kind: 'latency', count: 3, milliseconds: 5 } }]);
    expect((await admin('fault', 'list')).stdout).toContain('latency');
    expect((await admin('fault', 'off')).stdout).toBe('1 ended\n');
    const file = path.join(data, 'out', 'passphrase');
    expect((await admin('config', 'set', file)).code).toBe(1);
    const configuration = path.join(data, 'out', 'configuration.yaml');
    await writeFile(configuration, 'handoff: { driver: systemd, operator: { name: operator, version: 1.0.0 } }\n');
    const ofOne = await admin('config', 'set', configuration, '--edge', 'edge-02');
    expect(ofOne).toMatchObject({ code: 0, stdout: 'set as generation 1\n' });
    expect((await admin('config', 'show')).stdout).toBe('null\n');
    await admin('revoke', 'edge-01');
    expect((await register(identity, await makeMachine('edge-01'))).json.code).toBe('bootstrap_revoked');
    await target.close();
  });

  test('is a program: what was asked for on stdout, errors on stderr, a status', async () => {
    const { stdout } = await run(process.execPath, [
      ADMIN,
      '--data',
      data,
      'cluster',
      'create',
      'a',
      '--out',
      `${data}/o`,
    ]);
    expect(stdout).toContain('passphrase and credentials.pem are in');
    const failed = run(process.execPath, [ADMIN, '--data', data, 'approve', 'nobody']);
    await expect(failed).rejects.toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('nobody') });
  });

  test('says what is wrong: no such name, no such command, Controller down, another token, no folder', async () => {
    await createCluster();
    expect(await admin('ban', 'nobody')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no node is called nobody'),
    });
    expect(await admin('dance')).toMatchObject({ code: 2, stderr: expect.stringContaining('dance is not a command') });
    expect(await admin('deny', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--reason TEXT is missing'),
    });
    expect(await admin('list', '--data', '/nonexistent')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/nonexistent'),
    });
    const token = path.join(data, 'admin-token');
    await writeFile(token, 'another');
    expect(await admin('list')).toMatchObject({ code: 1, stderr: expect.stringContaining('admin_token_wrong') });
    await controller.kill('SIGKILL');
    expect(await admin('list')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not answer (ECONNREFUSED)'),
    });
  });
});
