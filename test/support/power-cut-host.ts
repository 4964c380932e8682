import { AgentError } from '../../bootstrap/errors.ts';
import type { Disk } from '../../bootstrap/host/disk.ts';
import { createFiles } from '../../bootstrap/host/files.ts';
import type { Clock, Host, RunResult, Units } from '../../bootstrap/host/host.ts';
import { type PowerCutDisk, powerCutDisk, type Survives } from './power-cut-disk.ts';

/** A machine whose power can be cut: its disk and its service manager, which outlive the processes on it. */
export interface PowerCutMachine {
  readonly disk: PowerCutDisk;
  /** The units that are enabled (as durable as in `systemctl enable` and `sync`) and those that run. */
  readonly enabled: Set<string>;
  readonly active: Set<string>;
  /** After a cut, or at any moment: a reboot starts the units that are enabled, a kill leaves them as they are. */
  restart(survives: Survives): void;
}

type Step = ReturnType<PowerCutDisk['process']>['step'];

const unitDirectories = ['/etc/systemd/system', '/usr/lib/systemd/system'];
const startOfTime = Date.parse('2026-01-01T00:00:00Z');

export function powerCutMachine(): PowerCutMachine {
  const disk = powerCutDisk();
  const enabled = new Set<string>();
  const active = new Set<string>();
  return {
    disk,
    enabled,
    active,
    restart(survives) {
      disk.restart(survives);
      if (survives === 'kill') return;
      active.clear();
      for (const unit of enabled) if (unitExists(disk, unit)) active.add(unit);
    },
  };
}

/**
 * The machine as a process that starts now sees it. `clock` is a still one unless it is given, and no program exists
 * but `sync`. A mutation puts something `through` between the files and the disk, or makes `sync` an empty promise.
 */
export function powerCutHost(
  machine: PowerCutMachine,
  options: {
    readonly clock?: Clock;
    readonly run?: Host['run'];
    readonly through?: (disk: Disk) => Disk;
    readonly syncs?: false;
  } = {},
): Host {
  const { disk, step } = machine.disk.process();
  return {
    root: '/',
    files: createFiles(options.through?.(disk) ?? disk, '/'),
    units: simulatedUnits(machine, step),
    clock: options.clock ?? stillClock,
    async run(argv, runOptions) {
      if (argv[0] !== 'sync') return options.run?.(argv, runOptions) ?? noSuchProgram(argv);
      await step(() => (options.syncs === false ? undefined : machine.disk.syncAll()));
      return { argv, status: 0, stdout: '', stderr: '', timedOut: false, missing: false };
    },
  };
}

function simulatedUnits({ disk, enabled, active }: PowerCutMachine, step: Step): Units {
  const set = (units: Set<string>, unit: string, wanted: boolean) =>
    step(() => {
      if (!wanted) units.delete(unit);
      else if (unitExists(disk, unit)) units.add(unit);
      else throw new AgentError('E_UNIT', `Unit ${unit} not found.`);
    });
  return {
    state: async unit => ({
      exists: unitExists(disk, unit),
      enabled: enabled.has(unit),
      active: active.has(unit),
      detail: active.has(unit) ? 'active (running)' : 'inactive (dead)',
    }),
    setEnabled: (unit, wanted) => set(enabled, unit, wanted),
    setActive: (unit, wanted) => set(active, unit, wanted),
    reload: () => step(() => undefined),
  };
}

function unitExists(disk: PowerCutDisk, unit: string): boolean {
  return unitDirectories.some(directory => disk.exists(`${directory}/${unit}`));
}

async function noSuchProgram(argv: readonly string[]): Promise<RunResult> {
  return { argv, status: null, stdout: '', stderr: '', timedOut: false, missing: true };
}

const stillClock: Clock = {
  now: () => new Date(startOfTime),
  monotonicMs: () => 0,
  sleep: async (_ms, signal) => signal?.throwIfAborted(),
  step: async () => undefined,
  synchronized: async () => true,
};
