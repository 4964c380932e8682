import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { paths } from '../../agent/config/paths.ts';
import { type RunningController, startController } from '../controller/start.ts';
import { type Cut, PowerCut, type Step, type Survives } from '../support/power-cut-disk.ts';
import { createRunner, type Machine } from './enrolment-machine.ts';

/** All steps take minutes: CONJURER_CUTS=all. The way of cutting moves on by five at each step, so a stride keeps them mixed. */
const EVERY = process.env.CONJURER_CUTS === 'all' ? 1 : 8;

let folder: string;
let controller: RunningController;
let inputs: { passphrase: string; credentials: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'conjurer-power-cut-'));
  controller = await startController({ data: folder });
  inputs = await controller.admin.createCluster({ clusterId: 'cluster-1', autoApprove: true });
  await controller.admin.setConfig('cluster-1', {
    handoff: { driver: 'systemd', operator: { name: 'k8s-mgmt-operator', version: '1.0.0' } },
  });
});

afterAll(async () => {
  await controller.close();
  await rm(folder, { recursive: true });
});

test('a first run that is not cut ends handed off', async () => {
  const machine = newMachine('edge-whole');
  await machine.run();

  expect(await standing('edge-whole')).toEqual({ registrations: 1, nodes: ['ready'] });
  expect(machine.files()).toEqual(expect.arrayContaining(kept));
  expect(machine.files()).not.toEqual(expect.arrayContaining(['/etc/conjurer/passphrase']));
  expect(machine.journal()).not.toMatch(/PRIVATE KEY|passphrase-/);
});

test('a second run changes nothing and makes call 6 alone', async () => {
  const machine = newMachine('edge-twice');
  await machine.run();
  const before = machine.listing();
  const asked = controller.records.length;
  await machine.run();

  // Time is hurried here, so that a check that is slow may not be able to tell.
  const expected: readonly string[] = [paths.clock, paths.preflight];
  expect(changed(before, machine.listing()).filter(name => !expected.includes(name))).toEqual([
    '/var/lib/conjurer/events.json',
    '/var/lib/conjurer/join-state.json',
  ]);
  const calls = controller.records.slice(asked).map(record => `${record.method} ${record.path.split('/').at(-1)}`);
  // The operator goes on by itself.
  expect(new Set(calls.filter(call => call !== 'POST heartbeat'))).toEqual(new Set(['POST events']));
});

test(`cut at every ${EVERY === 1 ? '' : `${EVERY}th `}step, it ends handed off with one registration and one node`, async () => {
  const reference = newMachine('edge-reference');
  reference.power.disk.cutAt(null);
  await reference.run();
  const steps = reference.power.disk.steps();
  expect(steps.length).toBeGreaterThan(60);

  const faults: string[] = [];
  const left = [...everyCut(steps).entries()].filter(([index]) => index % EVERY === 0);
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, { cut, survives }] = next;
      const edgeName = `edge-cut-${index}`;
      const machine = newMachine(edgeName);
      machine.power.disk.cutAt(cut);
      await machine.run().catch(whenCut);
      machine.restart(survives);
      const fault = await machine.run().then(
        () => faultOf(machine, reference, edgeName),
        (error: unknown) => String(error),
      );
      if (fault !== null) faults.push(`${cut.when} step ${cut.step}, surviving ${survives}: ${fault}`);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  expect(faults).toEqual([]);
}, 600_000);

const kept = [
  '/etc/k8s-mgmt-operator/handoff.json',
  '/etc/k8s-mgmt-operator/operator.crt',
  '/etc/k8s-mgmt-operator/operator.key',
  '/var/lib/conjurer/config/g1.jws',
  '/var/lib/conjurer/node.crt',
  '/var/lib/conjurer/node.key',
];

function newMachine(edgeName: string): Machine {
  return createRunner({ edgeName, inputs, ca: controller.ca, url: controller.url });
}

/** Each step once, and each way of cutting and of surviving in its turn, so that neighbouring steps share none. */
function everyCut(steps: readonly Step[]): { cut: Cut; survives: Survives }[] {
  const ways = (['before', 'middle', 'after'] as const).flatMap(when =>
    (['nothing', 'kill', 'names', 7] as const).map(survives => ({ when, survives })),
  );
  return steps.map((kind, index) => {
    const { when, survives } = ways[(index * 5) % ways.length] ?? { when: 'before', survives: 'nothing' };
    return { cut: { step: index + 1, when: kind === 'whole' && when === 'middle' ? 'before' : when }, survives };
  });
}

async function faultOf(machine: Machine, reference: Machine, edgeName: string): Promise<string | null> {
  const { registrations, nodes } = await standing(edgeName);
  if (registrations !== 1) return `${registrations} registrations`;
  if (nodes.join() !== 'ready') return `nodes: ${nodes.join() || 'none'}`;
  const [has, wants] = [machine.files(), reference.files()].map(names => names.filter(isLasting).join('\n'));
  return has === wants ? null : `files: ${has}`;
}

/** What a cut leaves behind for the next write to the same file to take away is no fault, nor that it was recorded. */
function isLasting(file: string): boolean {
  const passing = ['/run/conjurer/', '/flight-recorder/', 'retry-budget.json'];
  return !passing.some(part => file.includes(part)) && !path.basename(file).startsWith('.');
}

async function standing(edge: string): Promise<{ registrations: number; nodes: string[] }> {
  const registrations = await controller.admin.registrations({ edge });
  const nodes = await controller.admin.nodes({ edge });
  return { registrations: registrations.length, nodes: nodes.map(node => node.state) };
}

function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter(name => before[name] !== after[name] && !name.startsWith('/run/')).sort();
}

function whenCut(error: unknown): void {
  for (let cause = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    if (cause instanceof PowerCut) return;
  }
  throw error;
}
