import { cp, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gatherFacts } from '../../../bootstrap/facts/gather.ts';
import type { Host, MeasureSync, RunResult, UnitState } from '../../../bootstrap/host/host.ts';
import { localHost } from '../../../bootstrap/host/local-host.ts';
import { NetworkSettings } from '../../../bootstrap/network/settings.ts';
import type { CheckContext, CheckResult } from '../../../bootstrap/preflight/check.ts';
import { checkList } from '../../../bootstrap/preflight/check-list.ts';
import type { CheckId } from '../../../bootstrap/preflight/check-table.ts';
import { createContext } from '../../../bootstrap/preflight/context.ts';
import type { Outside } from '../../../bootstrap/preflight/outside.ts';
import { runChecks } from '../../../bootstrap/preflight/run-checks.ts';
import type { ConfiguredThresholds } from '../../../bootstrap/preflight/thresholds.ts';
import { type FixtureName, fixtureHost, fixturePath } from '../facts-fixtures/fixture-host.ts';
import { temporaryTree } from '../temporary-tree.ts';

/** A program's answer, by the beginning of its command line. */
export type Answers = Readonly<Record<string, Partial<Pick<RunResult, 'status' | 'stdout' | 'stderr' | 'missing'>>>>;

export interface Machine {
  /** What facts are read from. */
  readonly like: FixtureName;
  /** Text of each further file; null: there is none. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly links?: Readonly<Record<string, string>>;
  /** When a file was last written; all others are from now. */
  readonly written?: Readonly<Record<string, string>>;
  readonly answers?: Answers;
  readonly synchronized?: boolean | null;
  readonly uid?: number;
  readonly hostname?: string;
  readonly isEnrolled?: boolean;
  /** Default: none is in force yet. */
  readonly clusterCidrs?: readonly string[];
  /** Default true. */
  readonly firewallEnabled?: boolean;
  /** Default: nobody answers, and nobody knows where the Controller is. */
  readonly outside?: Partial<Outside>;
  /** What systemd says of its units; those not named do not exist. */
  readonly units?: Readonly<Record<string, Partial<UnitState>>>;
  readonly requirements?: ConfiguredThresholds;
  /** Default: a disk that takes a millisecond. null: none is measured. */
  readonly measureSync?: MeasureSync | null;
  /** Default "/": the machine that conjurer runs on. "tree": it was given by --root. */
  readonly root?: '/' | 'tree';
  /** Default: a few seconds after what the hardware clocks show. */
  readonly now?: string;
}

/** The result of one check on a captured machine. */
export async function checkOn(id: CheckId, machine: Machine): Promise<CheckResult> {
  const [result] = await checksOn([id], machine);
  if (result === undefined) throw new Error(`there is no check ${id}`);
  return result;
}

/** Their results, in the order of the list. */
export async function checksOn(ids: readonly CheckId[], machine: Machine): Promise<CheckResult[]> {
  const context = await contextOf(machine);
  return runChecks(
    checkList.filter(({ id }) => ids.includes(id)),
    context,
    new AbortController().signal,
  );
}

/** One machine over another: what both say, the second says. */
export function changed(machine: Machine, by: Partial<Machine>): Machine {
  return {
    ...machine,
    ...by,
    files: { ...machine.files, ...by.files },
    links: { ...machine.links, ...by.links },
    answers: { ...machine.answers, ...by.answers },
    written: { ...machine.written, ...by.written },
  };
}

async function contextOf(machine: Machine): Promise<Omit<CheckContext, 'signal'>> {
  const tree = await temporaryTree();
  await cp(fixturePath(machine.like, 'root'), tree, { recursive: true, verbatimSymlinks: true });
  await layOut(tree, machine);
  const host = hostOf(tree, machine);
  const { signal } = new AbortController();
  const settings = {
    network: NetworkSettings.parse(machine.hostname === undefined ? {} : { hostname: machine.hostname }),
    firewall: {
      enabled: machine.firewallEnabled ?? true,
      uplinks: 'auto',
      tcp: [80, 443],
      allow: [],
      peers: [],
      nodePorts,
    },
    proxy: { http: '', https: '', noProxy: [] },
    clusterCidrs: async () => machine.clusterCidrs ?? [],
    isEnrolled: async () => machine.isEnrolled ?? false,
  } as const;
  const { uid = 0, requirements = {} } = machine;
  const facts = () => gatherFacts(host, signal);
  return createContext(
    { host, uid, settings, outside: { ...nobody, ...machine.outside }, requirements, builtInKeys: [], facts },
    signal,
  );
}

const nodePorts = { range: '30000-32767', open: false } as const;

const quickDisk: MeasureSync = async (_, { count }) => new Array<number>(count).fill(1);

const nobody: Outside = {
  names: async () => null,
  askNameServer: async () => ({ kind: 'no-answer', code: 'ETIMEOUT' }),
  askRegistry: async () => ({ observed: 'not asked', problem: null }),
};

async function layOut(tree: string, { files = {}, links = {}, written = {} }: Machine): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await rm(join(tree, path), { force: true, recursive: true });
    if (text === null) continue;
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await symlink(target, join(tree, path));
  }
  for (const [path, at] of Object.entries(written).filter(([path]) => files[path] !== null)) {
    await utimes(join(tree, path), new Date(at), new Date(at));
  }
}

function hostOf(tree: string, machine: Machine): Host {
  const captured = fixtureHost(machine.like).host;
  const { files } = localHost({ root: tree });
  const { answers = {}, synchronized, now = '2026-09-21T14:13:25Z' } = machine;
  const prefixes = Object.keys(answers).sort((a, b) => b.length - a.length);
  const run: Host['run'] = async argv => {
    const line = argv.join(' ');
    const prefix = prefixes.find(one => line.startsWith(one));
    if (prefix === undefined) return captured.run(argv);
    const answer = { status: 0, stdout: '', stderr: '', missing: false, ...answers[prefix] };
    return { argv, timedOut: false, ...answer, status: answer.missing ? null : answer.status };
  };
  const { measureSync = quickDisk } = machine;
  return {
    ...captured,
    ...(measureSync === null ? {} : { measureSync }),
    root: machine.root === 'tree' ? tree : '/',
    files,
    run,
    units: {
      ...captured.units,
      state: async unit => ({
        exists: machine.units?.[unit] !== undefined,
        enabled: false,
        active: false,
        detail: 'inactive (dead)',
        ...machine.units?.[unit],
      }),
    },
    clock: {
      ...captured.clock,
      now: () => new Date(now),
      ...(synchronized === undefined ? {} : { synchronized: async () => synchronized }),
    },
  };
}
