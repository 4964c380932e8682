import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProxy } from '../../support/proxy.ts';
import { formsOf } from '../../support/secret-forms.ts';
import { filesOf, modeOf } from './files-of.ts';
import { configuration, only, openSite, type Site } from './site.ts';

const PROXY_PASSWORD = 'canary-of-the-proxy-5d1f';

/** The files that hold a secret by design, and of which kind. */
const holders: Readonly<Record<string, string>> = {
  '/var/lib/conjurer/node.key': 'node key',
  '/etc/k8s-mgmt-operator/operator.key': 'operator key',
  '/var/lib/conjurer/join-state.json': 'join state',
  '/var/lib/conjurer/config/g2.jws': 'proxy password',
  '/var/lib/conjurer/registration.json': 'ticket, first join state',
};

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

it('no secret is anywhere but in the 0600 files that are there to hold it', async () => {
  const machine = await site.machine('edge-canaries', { cluster: 'by-hand' });
  const { passphrase, credentials } = site.files['by-hand'];
  const said: string[] = [];
  const texts = async () => {
    const output = said.map((text, index) => [`output ${index}`, text] as const);
    const files = await Promise.all(
      (await filesOf(machine.root)).map(async file => [file, await bytesOf(machine.at(file))] as const),
    );
    return [...output, ...files];
  };
  const run = async (...args: string[]) => {
    const ended = await machine.run(...args, '--log-level', 'debug');
    said.push(ended.stdout, ended.stderr);
    return ended;
  };
  const secrets = new Map<string, Set<string>>();
  const plant = (kind: string, secret: string | null | undefined) => {
    if (secret === null || secret === undefined || secret.length < 12) throw new Error(`no secret of kind ${kind}`);
    secrets.set(kind, (secrets.get(kind) ?? new Set()).add(secret));
  };
  const plantState = async () => {
    plant('node key', lineOf(await machine.read('/var/lib/conjurer/node.key')));
    const { current } = JSON.parse((await machine.read('/var/lib/conjurer/join-state.json')) ?? '{}') as {
      current: string;
    };
    plant('join state', current);
  };
  plant('passphrase', passphrase.toString().trim());
  plant('bootstrap key', lineOf(credentials.toString()));
  plant('proxy password', PROXY_PASSWORD);

  // Approval by hand, then everything else that handles a secret: a new identity by ticket, and a proxy with a password.
  expect((await run('run', '--no-wait')).status).toBe(20);
  const { registrationId, keyFingerprint } = only((await site.known('edge-canaries')).registrations);
  await site.admin.approve(registrationId, keyFingerprint);
  expect((await run('run')).status).toBe(0);
  await plantState();
  plant('operator key', lineOf(await machine.read('/etc/k8s-mgmt-operator/operator.key')));
  const { nodeId } = only((await site.known('edge-canaries')).nodes);
  const { ticket } = await site.admin.ticket(nodeId);
  plant('ticket', ticket);
  await machine.putInput('passphrase', passphrase);
  await machine.putInput('credentials', credentials);
  const ticketFile = machine.at('/etc/conjurer/ticket');
  await machine.putInput('ticket', ticket);
  expect((await run('recover', '--new-identity', '--ticket', ticketFile, '--yes')).status).toBe(0);
  await plantState();
  plant('operator key', lineOf(await machine.read('/etc/k8s-mgmt-operator/operator.key')));
  const proxy = await startProxy({ user: 'edge', password: PROXY_PASSWORD });
  const https = `http://edge:${PROXY_PASSWORD}@127.0.0.1:${proxy.port}`;
  await site.admin.setNodeConfig(nodeId, { ...configuration, proxy: { https } });
  expect((await run('run')).status).toBe(0);
  for (const look of [
    ['status', '--json'],
    ['plan', '--json'],
    ['preflight', '--json'],
    ['facts', '--json'],
  ])
    await run(...look);
  await proxy.close();

  const found: string[] = [];
  for (const [where, text] of await texts()) {
    for (const [kind, all] of secrets) {
      if (![...all].flatMap(formsOf).some(spelling => text.includes(spelling))) continue;
      found.push(`${where}: ${kind}`);
    }
  }
  const isByDesign = (line: string) => {
    const [file = '', kind = ''] = line.split(': ');
    const holds = holders[file.replace(/set-aside\/[^/]+\//, '')] ?? '';
    return holds.includes(kind) || file === '/etc/conjurer/ticket';
  };
  expect(found.filter(line => !isByDesign(line))).toEqual([]);
  // The secrets that are there to stay were found, so the search itself works.
  expect(found).toEqual(
    expect.arrayContaining([
      '/var/lib/conjurer/node.key: node key',
      '/etc/k8s-mgmt-operator/operator.key: operator key',
    ]),
  );
  for (const line of found) {
    const file = line.split(': ')[0] ?? '';
    if (!file.startsWith('/')) continue;
    expect({ file, mode: (await modeOf(machine.root, file)) & 0o177 }).toEqual({ file, mode: 0 });
  }
  for (const file of await filesOf(machine.root, '/var/lib/conjurer')) {
    expect({ file, mode: await modeOf(machine.root, file) }).toEqual({ file, mode: 0o600 });
  }
});

/** A line from the middle of a PEM body: it is in no other file by chance. */
function lineOf(pem: string | null): string | undefined {
  return pem?.split('\n')[2];
}

async function bytesOf(file: string): Promise<string> {
  return readFile(file, 'latin1').catch(() => '');
}
