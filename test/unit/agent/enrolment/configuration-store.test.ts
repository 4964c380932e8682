import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { paths } from '../../../../agent/config/paths.ts';
import type { ConfigDocument } from '../../../../agent/controller/protocol.ts';
import { verifyConfigDocument } from '../../../../agent/controller/signed-document.ts';
import { lastAnswersText } from '../../../../agent/diagnostics/bundle/made/state.ts';
import { configurationKind } from '../../../../agent/enrolment/changes/configuration.ts';
import { joinRemovalKind } from '../../../../agent/enrolment/changes/join-removal.ts';
import {
  type FetchedConfiguration,
  generationPath,
  readAppliedConfiguration,
  readStoredConfiguration,
  storeConfiguration,
  storedGenerations,
} from '../../../../agent/enrolment/configuration-store.ts';
import { type EnrolmentParts, once } from '../../../../agent/enrolment/enrolment.ts';
import { handoffStage } from '../../../../agent/enrolment/handoff.ts';
import { openState, type State } from '../../../../agent/enrolment/state.ts';
import type { ConfigurationChange, JoinRemovalChange } from '../../../../bootstrap/change.ts';
import { writeClusterNote } from '../../../../bootstrap/cluster/note.ts';
import { clusterCa, kubeletKubeconfig } from '../../../../bootstrap/cluster/places.ts';
import type { Host } from '../../../../bootstrap/host/host.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { configSigner } from '../../../support/config-signer.ts';
import { formsOf } from '../../../support/secret-forms.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const token = 'abcdef.0123456789abcdef';
const cluster = { distribution: 'kubeadm', kubernetesVersion: '1.20.2', role: 'worker' } as const;
const join = { endpoint: '10.0.0.10:6443', token, caCertHashes: [`sha256:${'a'.repeat(64)}`] };
const ca = 'the CA of the cluster';
const controller = configSigner('current');
const { signal } = new AbortController();

let host: Host;
let state: State;

beforeEach(async () => {
  host = localHost({ root: await temporaryTree() });
  state = openState(host.files);
  await beNode('node-1');
  await state.trust.write({
    clusterId: 'edge-01',
    bootstrapId: 'bootstrap-1',
    controllerUrls: ['https://192.0.2.1'],
    cas: ['a CA'],
    configKeys: [controller.key],
    ntp: [],
    issuedAt: '2026-01-01T00:00:00Z',
  });
});

describe('a configuration whose join was used', () => {
  it('is kept without its token, and is otherwise the same', async () => {
    const kept = await accepted(1, { ...cluster, join });
    await joined();
    expect(await holdsToken()).toEqual([`${host.root}${generationPath(1)}`]);
    expect(await removal().isDone(withoutJoin(kept), host)).toBe(false);
    await removal().apply(withoutJoin(kept), host, signal);

    expect(await removal().isDone(withoutJoin(kept), host)).toBe(true);
    expect(await readAppliedConfiguration(host.files, state)).toEqual({
      document: { ...kept.document, cluster },
      hash: kept.hash,
      withoutJoin: true,
    });
    expect(await holdsToken()).toEqual([]);
    expect((await host.files.stat(`${paths.configs}/g1.json`))?.mode).toBe(0o600);
    // As long as the machine is in its cluster there is nothing to fetch.
    expect(await kind().isDone(signed(kept), host)).toBe(true);
  });

  it.each([
    ['nothing of the cluster is left', async () => undefined, false],
    ['kubeadm has begun to join it again, and was interrupted', () => noted('making'), false],
    ['it is in the cluster', joined, true],
    [
      'it was in the cluster and has lost files, which is not for a join to mend',
      async () => {
        await joined();
        await host.files.remove(kubeletKubeconfig);
      },
      true,
    ],
  ])('is enough or fetched again: %s', async (_what, given, isEnough) => {
    const kept = await accepted(1, { ...cluster, join });
    await removal().apply(withoutJoin(kept), host, signal);
    await given();
    expect(await kind().isDone(signed(kept), host)).toBe(isEnough);
  });

  it('has its join again once it was fetched for that, and loses it again', async () => {
    const kept = await accepted(1, { ...cluster, join });
    await removal().apply(withoutJoin(kept), host, signal);
    await kind(kept).apply(signed(kept), host, signal);
    expect(await readAppliedConfiguration(host.files, state)).toMatchObject({ document: kept.document });
    expect(await kind().isDone(signed(kept), host)).toBe(true);

    expect(await removal().isDone(withoutJoin(kept), host)).toBe(false);
    await removal().apply(withoutJoin(kept), host, signal);
    expect(await holdsToken()).toEqual([]);
  });

  it('is planned by the hand-off: each that holds a join, and none where no cluster was made', async () => {
    await accepted(1, { ...cluster, join });
    await accepted(2, { ...cluster, role: 'control-plane' });
    const kept = await accepted(3, { ...cluster, join });
    expect(await plannedByHandoff('kubeadm')).toEqual([
      'configuration-g3-without-join',
      'configuration-g1-without-join',
    ]);
    expect(await plannedByHandoff(null)).toEqual([]);
    await removal().apply(withoutJoin(kept), host, signal);
    expect(await plannedByHandoff('kubeadm')).toEqual(['configuration-g1-without-join']);
  });

  it('is not taken from another node, another cluster or another place', async () => {
    const kept = await accepted(1, { ...cluster, join });
    await removal().apply(withoutJoin(kept), host, signal);
    const text = await host.files.readText(`${paths.configs}/g1.json`);
    await host.files.write(`${paths.configs}/g2.json`, text ?? '', 0o600);
    expect(await readStoredConfiguration(host.files, state, 2)).toBeNull();
    await host.files.write(`${paths.configs}/g1.json`, (text ?? '').slice(0, -9), 0o600);
    expect(await readStoredConfiguration(host.files, state, 1)).toBeNull();
    await host.files.write(`${paths.configs}/g1.json`, text ?? '', 0o600);
    expect(await readStoredConfiguration(host.files, state, 1)).not.toBeNull();
    await beNode('node-2');
    expect(await readStoredConfiguration(host.files, state, 1)).toBeNull();
  });

  it('is in a bundle with what it holds', async () => {
    const kept = await accepted(1, { ...cluster, join });
    await removal().apply(withoutJoin(kept), host, signal);
    const answers = JSON.parse((await lastAnswersText({ host } as never)) ?? '');
    expect(answers.configurations).toMatchObject({
      'g1.json': { withoutJoin: true, hash: kept.hash, generation: 1, cluster: { role: 'worker' } },
    });
  });
});

it('three generations are kept in either form, and the one in force', async () => {
  const inForce = await accepted(1, { ...cluster, join });
  await removal().apply(withoutJoin(inForce), host, signal);
  for (const generation of [2, 3, 4, 5, 6]) {
    const { jws, ...fetched } = await fetchedOf(generation, { ...cluster, join });
    await storeConfiguration(host.files, state, generation, jws);
    await removal().apply(withoutJoin({ ...fetched, jws }), host, signal);
  }
  expect(await storedGenerations(host.files)).toEqual([6, 5, 4, 1]);
  expect((await host.files.list(paths.configs))?.sort()).toEqual(['g1.json', 'g4.json', 'g5.json', 'g6.json']);
});

function beNode(nodeId: string): Promise<void> {
  const times = { renewAfter: '2026-06-01T00:00:00Z', notAfter: '2027-01-01T00:00:00Z' };
  const certSha256 = '0'.repeat(64);
  return state.node.write({ nodeId, registrationId: 'reg-1', edgeName: 'edge-1', certSha256, ...times });
}

async function fetchedOf(generation: number, section: ConfigDocument['cluster']): Promise<FetchedConfiguration> {
  const nonce = 'n'.repeat(22);
  const fixed = { aud: 'node-1', clusterId: 'edge-01', issuedAt: '2026-06-01T00:00:00Z', nonce };
  const jws = controller.jws({ ...fixed, generation, requires: [], proxy: { noProxy: ['a'] }, cluster: section });
  const expected = { configKeys: [controller.key], nodeId: 'node-1', clusterId: 'edge-01', nonce, applied: null };
  const { document, hash } = await verifyConfigDocument(jws, expected);
  return { document, hash, jws };
}

/** Fetched, kept and in force. */
async function accepted(generation: number, section: ConfigDocument['cluster']): Promise<FetchedConfiguration> {
  const fetched = await fetchedOf(generation, section);
  await kind(fetched).apply(signed(fetched), host, signal);
  await state.applied.write({ generation, hash: fetched.hash });
  return fetched;
}

/** The way of applying in a run that has fetched this. */
function kind(given: FetchedConfiguration | null = null) {
  const fetched = once<FetchedConfiguration>('the configuration');
  if (given !== null) fetched.set(given);
  return configurationKind({ state, fetched });
}

function signed({ document: { generation }, hash }: FetchedConfiguration): ConfigurationChange {
  return { kind: 'configuration', id: `configuration-g${generation}`, generation, hash };
}

function removal() {
  return joinRemovalKind(state);
}

function withoutJoin({ document: { generation } }: FetchedConfiguration): JoinRemovalChange {
  return { kind: 'join-removal', id: `configuration-g${generation}-without-join`, generation };
}

/** What the hand-off would do before it tells the Controller. */
async function plannedByHandoff(distribution: 'kubeadm' | null): Promise<string[]> {
  const enrolment = { state, facts: once('the facts') } as unknown as EnrolmentParts;
  const outputs = { activate: { nodeId: 'node-1' }, cluster: { distribution, nodeName: 'edge-1' } };
  const changes = await handoffStage(enrolment).plan({ host, outputs } as never);
  return changes.map(({ id }) => id).filter(id => id !== 'handoff');
}

function noted(how: 'making' | 'made'): Promise<void> {
  const networks = { podSubnet: null, serviceSubnet: null, endpoint: null };
  const caSha256 = how === 'made' ? createHash('sha256').update(ca).digest('hex') : null;
  return writeClusterNote(host.files, { ...cluster, nodeName: 'edge-1', state: how, ...networks, caSha256 });
}

async function joined(): Promise<void> {
  await host.files.write(kubeletKubeconfig, 'a kubeconfig', 0o600);
  await host.files.write(clusterCa, ca, 0o644);
  await noted('made');
}

/** Files that hold it, as it is or in base64. */
async function holdsToken(): Promise<string[]> {
  const patterns = formsOf(token).flatMap(form => ['-e', form]);
  const found = await promisify(execFile)('grep', ['-rlF', ...patterns, host.root]).catch(() => ({ stdout: '' }));
  return found.stdout.split('\n').filter(line => line !== '');
}
