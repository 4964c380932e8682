import { Agent, request } from 'undici';
import { loadConfig } from '../../agent/config/load.ts';
import { paths } from '../../agent/config/paths.ts';
import { createEventBus } from '../../agent/pipeline/events.ts';
import { journalPath } from '../../agent/pipeline/journal.ts';
import { createRedactor } from '../../agent/redaction.ts';
import { runStages } from '../../agent/run.ts';
import { systemClock } from '../../bootstrap/host/clock.ts';
import type { Disk } from '../../bootstrap/host/disk.ts';
import type { Clock } from '../../bootstrap/host/host.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';
import type { Survives } from '../support/power-cut-disk.ts';
import { type PowerCutMachine, powerCutHost, powerCutMachine } from '../support/power-cut-host.ts';

/** A machine with a disk in memory that runs the real enrolment against a real Controller. */
export interface Machine {
  readonly power: PowerCutMachine;
  /** A process of its own: `conjurer run`, and the operator beside it once its unit is started. */
  run(edgeName?: string): Promise<void>;
  /** Puts a file on the disk, or in place of the one that is there. */
  put(path: string, content: string, mode: number): Promise<void>;
  /** After a cut: boots again, or only starts again after a kill. */
  restart(survives: Survives): void;
  files(): string[];
  listing(): Record<string, string>;
  journal(): string;
}

export function createRunner(given: {
  readonly edgeName: string;
  readonly inputs: { readonly passphrase: string; readonly credentials: string };
  readonly ca: string;
  readonly url: string;
  /** Whether the operator, once started, calls the Controller now; it always does where this is left out. */
  readonly operatorCalls?: () => Promise<boolean>;
}): Machine {
  const power = powerCutMachine();
  let boots = 1;
  let processes = 0;
  power.disk.seed({
    [paths.passphrase]: { content: given.inputs.passphrase, mode: 0o400 },
    [paths.credentials]: { content: given.inputs.credentials, mode: 0o400 },
    '/etc/machine-id': { content: '5f0c2d9be4f84d7a9a0c1b2d3e4f5a6b\n', mode: 0o444 },
    '/usr/lib/systemd/system/k8s-mgmt-operator.service': { content: '[Service]\n', mode: 0o644 },
  });
  /** The kernel's own answer, which no disk holds. */
  const withBootId = (disk: Disk): Disk => ({
    ...disk,
    read: path => (path === BOOT_ID ? Promise.resolve(Buffer.from(`${bootIdOf(boots)}\n`)) : disk.read(path)),
  });

  async function run(edgeName = given.edgeName): Promise<void> {
    processes += 1;
    const startTicks = processes;
    const clock = hurriedClock(async () => {
      if ((await given.operatorCalls?.()) !== false) await heartbeat(power, given);
    });
    const host = powerCutHost(power, { clock, through: withBootId });
    const flags = [
      { key: 'edgeName', flag: '--edge-name', value: edgeName },
      { key: 'enrolment.splaySeconds', flag: '--splay', value: 0 },
    ];
    // This machine has a disk and no kernel: test/netns/ has one, and is cut there.
    const environment = { CONJURER_FIREWALL_ENABLED: 'false' };
    const config = await loadConfig({ host, configFile: null, flags, environment });
    const redactor = createRedactor();
    const base = {
      command: 'run',
      host,
      typed: localHost({ root: '/' }),
      uid: 0,
      config: config.values,
      origins: config.origins,
      delivered: config.delivered,
      bus: createEventBus(),
      redactor,
      configProblem: null,
      recorder: { files: host.files, now: () => clock.now(), version: '0.0.0', redact: redactor.redactValue },
      processes: {
        pid: process.pid,
        startTicks: async (pid: number) => (pid === process.pid ? startTicks : null),
        bootId: async () => bootIdOf(boots),
      },
    };
    await runStages(base, { wait: true, splay: false, removeInputs: true }, new AbortController().signal);
  }

  return {
    power,
    run,
    put: (path, content, mode) => powerCutHost(power).files.write(path, content, mode),
    restart(survives) {
      power.restart(survives);
      if (survives !== 'kill') boots += 1;
    },
    files: () => Object.keys(power.disk.listing()).sort(),
    listing: () => power.disk.listing(),
    journal: () => power.disk.listing()[journalPath] ?? '',
  };
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

function bootIdOf(boots: number): string {
  return `00000000-0000-4000-8000-${String(boots).padStart(12, '0')}`;
}

/** Real time, but nobody sleeps long; whoever sleeps gives the operator a turn. */
function hurriedClock(turn: () => Promise<void>): Clock {
  const real = systemClock({ root: '/', run: localHost({ root: '/' }).run, exists: async () => false });
  return {
    ...real,
    sleep: async (ms, signal) => {
      await turn();
      await real.sleep(Math.min(ms, 20), signal);
    },
    step: async () => undefined,
    synchronized: async () => true,
  };
}

/** What the operator does once its unit runs: call 14 with its own certificate, read from this machine's disk. */
async function heartbeat(power: PowerCutMachine, { ca, url }: { ca: string; url: string }): Promise<void> {
  if (!power.active.has('k8s-mgmt-operator.service')) return;
  const read = (file: string) => power.disk.listing()[file]?.replace(/^\d{4} /, '') ?? '';
  const { nodeId } = JSON.parse(read(paths.operatorHandoff)) as { nodeId: string };
  const connect = { ca, key: read(paths.operatorKey), cert: read(paths.operatorCertificate) };
  const dispatcher = new Agent({ connect });
  const body = JSON.stringify({
    at: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    cluster: { version: null, nodesReady: 0, nodesTotal: 0, nodes: [] },
    addons: [],
  });
  const answer = await request(`${url}/conjurer/v1/operators/${nodeId}/heartbeat`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  await answer.body.dump();
  await dispatcher.close();
}
