import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { WorkloadObject, whyNotRunning } from '../../../../agent/enrolment/workloads/workload-status.ts';
import { lookAtWorkloads, MANIFESTS, type Owner } from '../../../../agent/enrolment/workloads/workloads.ts';
import type { Component, Manifest } from '../../../../bootstrap/components/manifest.ts';
import { nodeDisk } from '../../../../bootstrap/host/disk.ts';
import { createFiles } from '../../../../bootstrap/host/files.ts';

const file = `${MANIFESTS}/logging/logging.yaml`;
const text = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: logs}',
  'apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: forwarder, namespace: logs}\nspec: {image: "log.local/log:1"}',
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: search, namespace: logs}',
].join('\n---\n');
const sha256 = (of: string) => createHash('sha256').update(of).digest('hex');
const declared = (digest: string): Component => {
  return { name: 'manifest-logging', group: 'addon', kind: 'manifest-bundle', path: file, images: [], sha256: digest };
};
const archive: Component = {
  name: 'archive-log',
  group: 'addon',
  kind: 'oci-archive',
  path: '/usr/share/conjurer/images/log.tar',
  sha256: sha256(''),
  size: 1,
  mode: '0644',
  uid: 0,
  images: [{ ref: 'log.local/log:1', digest: `sha256:${sha256('')}`, platform: 'linux/amd64' }],
};

let root: string;
const files = () => createFiles(nodeDisk, root);
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'conjurer-workloads-'));
  await files().write(file, text, 0o644);
});
afterEach(() => rm(root, { recursive: true }));

function imageWith(...components: Component[]): Manifest {
  return {
    schema: 'conjurer.manifest/v1',
    image: 'clusterimage-r-v1.3.0',
    version: '1.3.0',
    buildId: 'b',
    builtAt: '2026-01-01T00:00:00Z',
    minControllerVersion: '1.0.0',
    os: { id: 'debian', versionId: '12', arch: 'amd64' },
    kubernetes: null,
    requirements: {},
    components,
    closed: [],
  };
}

const look = (owner: Partial<Owner>, image: Manifest | null = imageWith(declared(sha256(text)), archive)) =>
  lookAtWorkloads({ name: 'logging', ...owner }, { files: files(), image });

describe('the manifests of an operator or addon', () => {
  it('are those that are listed, and all of their workloads are waited for', async () => {
    const manifests = [{ path: file, sha256: sha256(text) }];
    expect(await look({ manifests })).toEqual({
      name: 'logging',
      manifests,
      awaited: [
        { kind: 'DaemonSet', namespace: 'logs', name: 'forwarder' },
        { kind: 'Deployment', namespace: 'logs', name: 'search' },
      ],
      timeoutSeconds: 600,
    });
  });

  it('are those of the image where none are listed', async () => {
    expect((await look({})).manifests).toEqual([{ path: file, sha256: sha256(text) }]);
    await expect(look({ name: 'storage' })).rejects.toMatchObject({ wanted: `${MANIFESTS}/storage/*.yaml` });
  });

  it('may be in the configuration itself', async () => {
    const inline = 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}';
    const found = await look({ manifests: [{ inline, sha256: sha256(inline) }] });
    expect(found.manifests).toEqual([{ path: null, sha256: sha256(inline) }]);
    expect(found.awaited).toEqual([{ kind: 'StatefulSet', namespace: 'default', name: 'db' }]);
  });

  it('name what is to be ready, in their own namespace', async () => {
    const readiness = { kind: 'deployment', name: 'search', timeoutSeconds: 7 };
    expect(await look({ readiness })).toMatchObject({
      awaited: [{ kind: 'Deployment', namespace: 'logs', name: 'search' }],
      timeoutSeconds: 7,
    });
    await expect(look({ readiness: { ...readiness, kind: 'DaemonSet' } })).rejects.toMatchObject({
      code: 'E_WORKLOAD_REFUSED',
      seen: 'DaemonSet forwarder, Deployment search',
      wanted: 'DaemonSet search',
    });
  });

  const good = sha256(text);
  const listed = (path: string, of = good): Partial<Owner> => ({ manifests: [{ path, sha256: of }] });
  const refusals: readonly [string, Partial<Owner>, string, (Manifest | null)?][] = [
    ['of a file with another digest', listed(file, sha256('x')), `sha256 ${sha256('x')} in the configuration`],
    ['of a file that is not there', listed(`${MANIFESTS}/a.yaml`), 'no such file', null],
    ['of a file elsewhere', listed('/etc/passwd'), '/etc/passwd'],
    ['of a file elsewhere by ..', listed(`${MANIFESTS}/../x.yaml`), `${MANIFESTS}/../x.yaml`],
    ['of a file that the image does not declare', listed(file), file, imageWith(archive)],
    ['of an image that is not preloaded', listed(file), 'log.local/log:1', imageWith(declared(good))],
    ['of a changed file on a machine without a manifest', listed(file, sha256('x')), `sha256 ${good}`, null],
    ['of both a path and a text', { manifests: [{ path: file, inline: text, sha256: good }] }, 'both'],
    ['of neither', { manifests: [{ sha256: good }] }, 'neither'],
    ['of a text that is no object', { manifests: [{ inline: 'a: 1', sha256: sha256('a: 1') }] }, 'does not fit'],
    ['of an empty text', { manifests: [{ inline: '---\n', sha256: sha256('---\n') }] }, 'no object at all'],
    ['of a name that is a path', { name: '../logging' }, '../logging'],
  ];
  test.each(refusals)('are refused: %s', async (_, owner, seen, image) => {
    await expect(look(owner, image)).rejects.toMatchObject({
      code: 'E_WORKLOAD_REFUSED',
      seen: expect.stringContaining(seen),
    });
  });
});

describe('a workload runs', () => {
  const object = (spec: object, status: object, generation = 2) =>
    whyNotRunning(WorkloadObject.parse({ metadata: { generation }, spec: { selector: {}, ...spec }, status }));
  const seen = { observedGeneration: 2 };
  test.each([
    ['a Deployment of one', object({}, { ...seen, updatedReplicas: 1, readyReplicas: 1 }), null],
    ['one that was scaled to none', object({ replicas: 0 }, seen), null],
    [
      'not before it was looked at',
      object({}, { updatedReplicas: 1, readyReplicas: 1 }),
      'the cluster has not looked at it yet',
    ],
    ['not while old pods serve', object({}, { ...seen, readyReplicas: 1 }), '0 of 1 pods up to date'],
    ['not half', object({ replicas: 2 }, { ...seen, updatedReplicas: 2, readyReplicas: 1 }), '1 of 2 pods ready'],
    ['not a DaemonSet without a node', object({}, { ...seen, desiredNumberScheduled: 0 }), 'no node for it yet'],
    [
      'a DaemonSet on all nodes',
      object({}, { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2 }),
      null,
    ],
  ])('%s', (_, why, wanted) => expect(why).toBe(wanted));
});
