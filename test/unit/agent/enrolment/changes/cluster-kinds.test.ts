import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestKind, sha256Of } from '../../../../../agent/enrolment/changes/manifest.ts';
import { operatorSecretChange } from '../../../../../agent/enrolment/changes/operator-secret.ts';
import { workloadKind } from '../../../../../agent/enrolment/changes/workload.ts';
import { openState } from '../../../../../agent/enrolment/state.ts';
import { createEventBus, type PipelineEvent } from '../../../../../agent/pipeline/events.ts';
import type { ManifestChange, OperatorSecretChange, WorkloadChange } from '../../../../../bootstrap/change.ts';
import type { Host } from '../../../../../bootstrap/host/host.ts';
import { localHost } from '../../../../../bootstrap/host/local-host.ts';
import {
  installKubectl,
  kubectlArgv,
  kubectlFails,
  readCluster,
  type StoredObject,
  writeCluster,
} from '../../../../support/stand-in/kubectl.ts';
import { createTestPki } from '../../../../support/test-pki.ts';

const kubeconfig = '/etc/kubernetes/admin.conf';
const { signal } = new AbortController();

let root: string;
let host: Host;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'conjurer-cluster-kinds-'));
  await installKubectl(root);
  host = localHost({ root });
});
afterEach(() => rm(root, { recursive: true }));

/** It succeeds, and says no word of JSON. */
const kubectlBabbles = () => host.files.write('/usr/bin/kubectl', '#!/bin/sh\necho "Warning: deprecated"\n', 0o755);

describe('a manifest', () => {
  const manifestPath = '/usr/share/conjurer/manifests/logging/logging.yaml';
  const kind = () => manifestKind({ state: openState(host.files) });
  const write = async (text: string): Promise<ManifestChange> => {
    await host.files.write(manifestPath, text, 0o644);
    return { kind: 'manifest', id: 'manifest-logging-1', kubeconfig, path: manifestPath, sha256: sha256Of(text) };
  };
  const manifest = (port: number) =>
    [
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: logging}',
      `apiVersion: v1\nkind: Service\nmetadata: {name: log, namespace: logging}\nspec: {port: ${port}}`,
    ].join('\n---\n');

  it('is applied once, by its own field manager and on the server, and holds from then on', async () => {
    const change = await write(manifest(1));
    expect(await kind().isDone(change, host)).toBe(false);
    await kind().apply(change, host, signal);
    expect(await kind().isDone(change, host)).toBe(true);
    const applied = (await kubectlArgv(root)).filter(line => line.includes(' apply ') && !line.includes('dry-run'));
    expect(applied).toHaveLength(1);
    expect(applied[0]).toContain('--server-side --force-conflicts --field-manager=conjurer -f -');
    expect(applied[0]).toContain(`--kubeconfig ${root}${kubeconfig}`);
  });

  it('holds while controllers write what they have done, and not once somebody has changed what it sets', async () => {
    const change = await write(manifest(1));
    await kind().apply(change, host, signal);
    const edit = async (fields: object) => {
      const objects = await readCluster(root);
      await writeCluster(
        root,
        objects.map(one => (one.kind === 'Service' ? { ...one, ...fields } : one)),
      );
    };
    await edit({ status: { loadBalancer: 'somewhere' }, other: 'field' });
    expect(await kind().isDone(change, host)).toBe(true);
    await edit({ spec: { port: 2 } });
    expect(await kind().isDone(change, host)).toBe(false);
  });

  it('does not hold where a newer one is meant, or where the cluster does not answer', async () => {
    await kind().apply(await write(manifest(1)), host, signal);
    const newer = await write(manifest(7));
    expect(await kind().isDone(newer, host)).toBe(false);
    await kind().apply(newer, host, signal);
    expect(await kind().isDone(newer, host)).toBe(true);
    await kubectlFails(root, 'The connection to the server was refused');
    expect(await kind().isDone(newer, host)).toBe(false);
  });

  it('does not hold where kubectl says something else than objects', async () => {
    const change = await write(manifest(1));
    await kind().apply(change, host, signal);
    await kubectlBabbles();
    expect(await kind().isDone(change, host)).toBe(false);
  });

  it('is refused where the file is another one than was planned', async () => {
    const change = await write(manifest(1));
    await host.files.write(manifestPath, `${manifest(1)}\n# more`, 0o644);
    await expect(kind().apply(change, host, signal)).rejects.toMatchObject({ code: 'E_WORKLOAD_REFUSED' });
    await host.files.remove(manifestPath);
    await expect(kind().apply(change, host, signal)).rejects.toMatchObject({ seen: 'nothing' });
  });

  it('is not tried again where the API server says that it is invalid', async () => {
    const change = await write(manifest(1));
    await kubectlFails(root, 'The Service "log" is invalid: spec.port: Required value');
    await expect(kind().apply(change, host, signal)).rejects.toMatchObject({
      code: 'E_WORKLOAD_NOT_APPLIED',
      seen: 'The Service "log" is invalid: spec.port: Required value',
    });
    expect(await kubectlArgv(root)).toHaveLength(1);
  });
});

describe('the identity of the operator as a Secret', () => {
  const change: OperatorSecretChange = {
    kind: 'operator-secret',
    id: 'operator-secret',
    kubeconfig,
    namespace: 'k8s-mgmt',
    name: 'k8s-mgmt-operator-identity',
    keyPath: '/etc/k8s-mgmt-operator/operator.key',
    certificatePath: '/etc/k8s-mgmt-operator/operator.crt',
    caPath: '/etc/k8s-mgmt-operator/ca.pem',
    handoffPath: '/etc/k8s-mgmt-operator/handoff.json',
  };
  const writeIdentity = async () => {
    const pki = await createTestPki();
    const { key, cert } = await pki.client('urn:conjurer:operator:node-1');
    await host.files.write(change.keyPath, key, 0o600);
    await host.files.write(change.certificatePath, cert, 0o600);
    await host.files.write(change.caPath, pki.ca, 0o644);
    await host.files.write(change.handoffPath, '{}\n', 0o600);
    return { key: key.toString('base64'), cert: cert.toString('base64') };
  };
  const secret = async () => (await readCluster(root)).find(({ kind }) => kind === 'Secret');

  it('holds exactly the four files, and is made with its namespace', async () => {
    const { key, cert } = await writeIdentity();
    expect(await operatorSecretChange.isDone(change, host)).toBe(false);
    await operatorSecretChange.apply(change, host, signal);
    expect(await operatorSecretChange.isDone(change, host)).toBe(true);
    expect((await secret())?.data).toMatchObject({ 'tls.key': key, 'tls.crt': cert });
    expect(Object.keys((await secret())?.data ?? {}).sort()).toEqual(['ca.crt', 'handoff.json', 'tls.crt', 'tls.key']);
    expect((await readCluster(root)).map(({ kind }) => kind)).toEqual(['Namespace', 'Secret']);
  });

  it('does not hold where kubectl says something else than a Secret', async () => {
    await writeIdentity();
    await operatorSecretChange.apply(change, host, signal);
    await kubectlBabbles();
    expect(await operatorSecretChange.isDone(change, host)).toBe(false);
  });

  it('is replaced after a renewal', async () => {
    await writeIdentity();
    await operatorSecretChange.apply(change, host, signal);
    const { key } = await writeIdentity();
    expect(await operatorSecretChange.isDone(change, host)).toBe(false);
    await operatorSecretChange.apply(change, host, signal);
    expect((await secret())?.data).toMatchObject({ 'tls.key': key });
    expect(await operatorSecretChange.isDone(change, host)).toBe(true);
  });

  it('is on no command line, and in no error whatever kubectl says', async () => {
    const { key } = await writeIdentity();
    await operatorSecretChange.apply(change, host, signal);
    await operatorSecretChange.isDone(change, host);
    expect((await kubectlArgv(root)).join('\n')).not.toContain(key.slice(80, 120));
    await kubectlFails(root, `is invalid, found in #10 byte of ...|${key}|...`);
    const error: unknown = await operatorSecretChange.apply(change, host, signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_WORKLOAD_NOT_APPLIED', seen: 'kubectl ended with status 1' });
    expect(JSON.stringify(error) + String(error)).not.toContain(key.slice(80, 120));
  });

  it('is not made of a key that is not that of the certificate', async () => {
    const first = await writeIdentity();
    await writeIdentity();
    await host.files.write(change.keyPath, Buffer.from(first.key, 'base64'), 0o600);
    expect(await operatorSecretChange.isDone(change, host)).toBe(false);
    await expect(operatorSecretChange.apply(change, host, signal)).rejects.toMatchObject({ code: 'E_HOST_FILE' });
    expect(await secret()).toBeUndefined();
  });
});

describe('a workload', () => {
  const events: PipelineEvent[] = [];
  const bus = createEventBus();
  bus.subscribe(event => events.push(event));
  const kind = () => workloadKind({ bus, now: () => host.clock.now() });
  const change = (timeoutSeconds: number): WorkloadChange => ({
    kind: 'workload',
    id: 'daemonset-ingress-ingress',
    kubeconfig,
    workload: { kind: 'DaemonSet', namespace: 'ingress', name: 'ingress' },
    timeoutSeconds,
  });
  const daemonSet = (numberReady: number): StoredObject => ({
    kind: 'DaemonSet',
    metadata: { name: 'ingress', namespace: 'ingress', generation: 1 },
    spec: { selector: { matchLabels: { app: 'ingress' } } },
    status: { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady },
  });

  it('is waited for until all of its pods are ready', async () => {
    await writeCluster(root, [daemonSet(1)]);
    expect(await kind().isDone(change(60), host)).toBe(false);
    const waiting = kind().apply(change(60), host, signal);
    await writeCluster(root, [daemonSet(2)]);
    await waiting;
    expect(await kind().isDone(change(60), host)).toBe(true);
    expect(events.map(({ type }) => type)).toEqual(['waiting', 'wait-ended']);
  });

  it('that does not come says how far it is and what its pods wait for', async () => {
    const pod = {
      kind: 'Pod',
      metadata: { name: 'ingress-x', namespace: 'ingress' },
      status: {
        phase: 'Pending',
        containerStatuses: [
          {
            name: 'ingress',
            state: { waiting: { reason: 'ErrImageNeverPull', message: 'not present with pull policy' } },
          },
        ],
      },
    };
    await writeCluster(root, [daemonSet(1), pod]);
    await expect(kind().apply(change(0), host, signal)).rejects.toMatchObject({
      code: 'E_WORKLOAD_NOT_READY',
      seen: '1 of 2 pods ready; pod ingress-x: ErrImageNeverPull: not present with pull policy',
    });
  });

  it('that the cluster does not have is not ready', async () => {
    await expect(kind().apply(change(0), host, signal)).rejects.toMatchObject({
      seen: expect.stringContaining('NotFound'),
    });
  });
});
