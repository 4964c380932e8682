import { createHash, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeView } from '../../controller/admin/nodes.ts';
import { createAuthority } from '../../controller/pki/authority.ts';
import type { MachineTree } from '../../support/machine-tree.ts';
import { startProxy } from '../../support/proxy.ts';
import { filesOf } from './files-of.ts';
import { amongOthers, configuration, eventually, only, openSite, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

interface Managed {
  readonly machine: MachineTree;
  readonly nodeId: string;
  node(): Promise<NodeView>;
  /** Codes of all events of the node so far. */
  events(): Promise<unknown[]>;
}

async function managed(edgeName: string): Promise<Managed> {
  const machine = await site.machine(edgeName, { enrolment: { confirmSeconds: 2 } });
  expect(await machine.run('run')).toMatchObject({ status: 0 });
  const { nodeId } = only((await site.known(edgeName)).nodes);
  return {
    machine,
    nodeId,
    node: () => site.admin.node(nodeId),
    events: async () => (await site.admin.events(nodeId)).map(({ event }) => event.code),
  };
}

async function generationOnDisk(machine: MachineTree): Promise<number> {
  return (JSON.parse((await machine.read('/var/lib/conjurer/applied.json')) ?? '{}') as { generation: number })
    .generation;
}

/** What the enrolment block of the credentials pins. */
function configKeys(): { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string }[] {
  const text = site.files['at-once'].credentials.toString();
  const [, base64 = ''] = /-----BEGIN CONJURER ENROLLMENT-----([^-]+)-----END/.exec(text) ?? [];
  return JSON.parse(Buffer.from(base64, 'base64').toString()).configKeys;
}

it.concurrent('a machine whose name came by a flag alone keeps it at the next boot', amongOthers, async () => {
  const machine = await site.machine('edge-by-flag');
  const config = (await machine.read('/etc/conjurer/conjurer.yaml')) ?? '';
  await writeFile(machine.at('/etc/conjurer/conjurer.yaml'), config.replace(/^edgeName: .*\n/m, ''));
  expect(await machine.run('run')).toMatchObject({ status: 78 });
  expect(await machine.run('run', '--edge-name', 'edge-by-flag')).toMatchObject({ status: 0 });
  await machine.reboot();
  const again = await machine.run('run');
  expect(again, again.stderr).toMatchObject({ status: 0 });
  expect((await site.known('edge-by-flag')).nodes).toMatchObject([{ state: 'ready', suspicions: [] }]);
});

describe.concurrent('a daily run on a managed node', amongOthers, () => {
  it('calls in once, and changes nothing', async () => {
    const { machine, nodeId, node } = await managed('edge-daily');
    const before = await fingerprints(machine);
    const heard = site.controller.records.length;
    const { status, stdout } = await machine.run('run');
    expect(status).toBe(0);
    expect(stdout).not.toContain(': did ');
    const calls = site.controller.records
      .slice(heard)
      .filter(({ role, subject }) => role === 'node' && subject === nodeId);
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([`POST /conjurer/v1/nodes/${nodeId}/events`]);
    expect(await fingerprints(machine)).toEqual(before);
    expect(await node()).toMatchObject({ state: 'ready', suspicions: [] });
  });

  it('renews both certificates with new keys when it is asked to, and the operator goes on with its new one', async () => {
    const { machine, nodeId, node } = await managed('edge-renew');
    const files = ['/var/lib/conjurer/node', '/etc/k8s-mgmt-operator/operator'];
    const pairs = () => Promise.all(files.flatMap(file => [machine.read(`${file}.key`), machine.read(`${file}.crt`)]));
    const before = await pairs();
    await site.admin.action(nodeId, 'renew');
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    const after = await pairs();
    for (const [index, text] of after.entries()) {
      expect(text).not.toBeNull();
      expect(text).not.toBe(before[index]);
    }
    expect((await node()).action).toBe('none');
    const heard = site.controller.records.length;
    await eventually(
      async () =>
        site.controller.records
          .slice(heard)
          .find(({ path, status }) => path.includes(`/operators/${nodeId}/`) && status === 202) ?? null,
      () => 'no heartbeat of the operator was taken',
    );
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await pairs()).toEqual(after);
    expect((await filesOf(machine.root)).filter(file => /\.(next|csr)$/.test(file))).toEqual([]);
  });

  it('applies a new generation, and tells operator and Controller', async () => {
    const { machine, nodeId, node, events } = await managed('edge-generation');
    const { generation } = (await site.admin.setNodeConfig(nodeId, {
      ...configuration,
      reporting: { heartbeatSeconds: 2 },
    })) ?? {
      generation: 0,
    };
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await generationOnDisk(machine)).toBe(generation);
    expect(await node()).toMatchObject({
      state: 'ready',
      appliedGeneration: generation,
      handoff: { configGeneration: generation },
    });
    expect(JSON.parse((await machine.read('/etc/k8s-mgmt-operator/handoff.json')) ?? '')).toMatchObject({
      configGeneration: generation,
      heartbeatSeconds: 2,
    });
    expect(await events()).toEqual(['config_applied', 'handoff_done', 'config_applied', 'handoff_done']);
  });

  it.each(['signature', 'aud', 'cut'] as const)(
    'refuses a configuration whose %s is wrong, says so, and applies the right one later',
    async wrong => {
      const { machine, nodeId, node, events } = await managed(`edge-refuses-${wrong}`);
      const first = await generationOnDisk(machine);
      const { generation } = (await site.admin.setNodeConfig(nodeId, configuration)) ?? { generation: 0 };
      const { id } = await site.admin.fault({ kind: 'wrong-jws', wrong, path: `/nodes/${nodeId}/config` });
      const { status, stderr } = await machine.run('run');
      expect(status).toBe(78);
      expect(stderr).toContain('error E_CONFIG_DOCUMENT_REFUSED');
      expect(await generationOnDisk(machine)).toBe(first);
      expect((await node()).appliedGeneration).toBe(first);
      expect(await events()).toContain('config_refused');
      await site.admin.faultOff(id);
      expect(await machine.run('run')).toMatchObject({ status: 0 });
      expect(await generationOnDisk(machine)).toBe(generation);
    },
  );

  it('refuses a generation that is older than the one in force', async () => {
    const { machine, nodeId, events } = await managed('edge-older');
    const { generation } = (await site.admin.setNodeConfig(nodeId, configuration)) ?? { generation: 0 };
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    await site.admin.action(nodeId, 'refetch');
    await site.admin.fault({ kind: 'wrong-jws', wrong: 'generation', path: `/nodes/${nodeId}/config`, count: 1 });
    const { status, stderr } = await machine.run('run');
    expect(status).toBe(78);
    expect(stderr).toContain('error E_CONFIG_DOCUMENT_REFUSED');
    expect(await generationOnDisk(machine)).toBe(generation);
    expect(await events()).toContain('config_refused');
    expect(await machine.run('run')).toMatchObject({ status: 0 });
  });

  it('ends with 77 when it is told to leave, and when it is banned', async () => {
    const { machine, nodeId } = await managed('edge-leave');
    await site.admin.action(nodeId, 'decommission');
    const told = await machine.run('run');
    expect(told.status).toBe(77);
    expect(told.stderr).toContain('error E_NODE_DECOMMISSIONED');
    await site.admin.action(nodeId, 'none');
    await site.admin.ban(nodeId);
    const banned = await machine.run('run');
    expect(banned.status).toBe(77);
    expect(banned.stderr).toContain('error E_NODE_BANNED');
    await site.admin.unban(nodeId);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
  });
});

describe.concurrent('a new way to the Controller', amongOthers, () => {
  it('by a proxy that leads nowhere is taken back, and the node stays reachable', async () => {
    const { machine, nodeId, node, events } = await managed('edge-proxy-nowhere');
    const first = await generationOnDisk(machine);
    await site.admin.setNodeConfig(nodeId, { ...configuration, proxy: { https: 'http://127.0.0.1:9' } });
    const { status, stdout, stderr } = await machine.run('run');
    expect(status).toBe(69);
    expect(stderr).toContain('the Controller was not reached within 2 s with the new configuration, which is reverted');
    expect(stdout).toContain('configure: undid applied');
    expect(await generationOnDisk(machine)).toBe(first);
    expect((await node()).appliedGeneration).toBe(first);
    expect(await events()).toEqual(['config_applied', 'handoff_done', 'config_refused', 'run_failed']);
    const { generation } = (await site.admin.setNodeConfig(nodeId, configuration)) ?? { generation: 0 };
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await node()).toMatchObject({ state: 'ready', appliedGeneration: generation, suspicions: [] });
  });

  it('by a proxy with user and password is taken from then on, and the password is nowhere to be read', async () => {
    const { machine, nodeId, node } = await managed('edge-proxy');
    const proxy = await startProxy({ user: 'edge', password: 'proxy-canary-9a' });
    try {
      const https = `http://edge:proxy-canary-9a@127.0.0.1:${proxy.port}`;
      const { generation } = (await site.admin.setNodeConfig(nodeId, { ...configuration, proxy: { https } })) ?? {
        generation: 0,
      };
      const runs = [await machine.run('run'), await machine.run('run'), await machine.run('status', '--json')];
      expect(runs).toMatchObject([{ status: 0 }, { status: 0 }, { status: 0 }]);
      expect(proxy.asked).toContain(new URL(site.controller.url).host);
      expect(await node()).toMatchObject({ state: 'ready', appliedGeneration: generation });
      const said = runs.flatMap(({ stdout, stderr }) => [stdout, stderr]).join('\n');
      expect(said).not.toContain('proxy-canary');
      for (const file of [
        '/var/lib/conjurer/journal.jsonl',
        '/run/conjurer/status.json',
        '/var/log/conjurer/conjurer.log',
      ]) {
        expect(await machine.read(file)).not.toContain('proxy-canary');
      }
    } finally {
      await proxy.close();
    }
  });

  it('by a further CA is taken over, by node and operator', async () => {
    const { machine, nodeId, node } = await managed('edge-further-ca');
    const next = await createAuthority('Next CA', new Date(0), new Date('2046-01-01T00:00:00Z'));
    const trust = { cas: [site.controller.ca, next.pem], configKeys: configKeys() };
    const { generation } = (await site.admin.setNodeConfig(nodeId, { ...configuration, trust })) ?? { generation: 0 };
    expect(await machine.run('run')).toMatchObject({ status: 0 });
    expect(await node()).toMatchObject({ state: 'ready', appliedGeneration: generation });
    const stored = JSON.parse((await machine.read('/var/lib/conjurer/trust.json')) ?? '') as { cas: string[] };
    expect(stored.cas.map(fingerprint)).toEqual([site.controller.ca, next.pem].map(fingerprint));
    const ofOperator = (await machine.read('/etc/k8s-mgmt-operator/ca.pem')) ?? '';
    expect(ofOperator.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
  });

  it('that trusts another CA alone is taken back', async () => {
    const { machine, nodeId } = await managed('edge-other-ca');
    const first = await generationOnDisk(machine);
    const other = await createAuthority('Other CA', new Date(0), new Date('2046-01-01T00:00:00Z'));
    const trust = { cas: [other.pem], configKeys: configKeys() };
    await site.admin.setNodeConfig(nodeId, { ...configuration, trust });
    expect((await machine.run('run')).status).toBe(69);
    expect(await generationOnDisk(machine)).toBe(first);
    expect(await machine.read('/var/lib/conjurer/trust.json')).toContain(
      JSON.stringify(site.controller.ca).slice(1, 200),
    );
    await site.admin.setNodeConfig(nodeId, configuration);
    expect(await machine.run('run')).toMatchObject({ status: 0 });
  });

  it('that drops the key which signed it is refused', async () => {
    const { machine, nodeId, events } = await managed('edge-dropped-key');
    const jwk = configKeys()[0];
    const x = createHash('sha256').update('another key').digest('base64url');
    const trust = {
      cas: [site.controller.ca],
      configKeys: [{ ...jwk, kid: 'another-key', x, kty: 'OKP' as const, crv: 'Ed25519' as const }],
    };
    await site.admin.setNodeConfig(nodeId, { ...configuration, trust });
    const { status, stderr } = await machine.run('run');
    expect(status).toBe(78);
    expect(stderr).toContain('error E_CONFIG_DOCUMENT_REFUSED');
    expect(await events()).toContain('config_refused');
  });
});

function fingerprint(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}

/** Digests of everything that a run without work must leave alone. */
async function fingerprints({ root, read }: MachineTree): Promise<Record<string, string>> {
  const files = (await filesOf(root)).filter(
    file => !/^\/(run|var\/log)\/|join-state|events\.json|journal|clock\.json/.test(file),
  );
  const digests = await Promise.all(files.map(async file => [file, digest((await read(file)) ?? '')]));
  return Object.fromEntries(digests);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
