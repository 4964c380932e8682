import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MachineTree } from '../../support/machine-tree.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { killOperator } from '../../support/stand-in/install.ts';
import type { Started } from '../../support/started.ts';
import { filesOf } from './files-of.ts';
import { openSite, type Site } from './site.ts';

const KILLS = 50;
const AT_ONCE = 5;
/** So many answers are lost after the Controller has done what it was asked, so that calls are open for longer. */
const LOST_ANSWERS = 0.3;
const seed = Number(process.env.CONJURER_KILL_SEED ?? randomInt(2 ** 31));

let site: Site;
let random = seededRandom(seed);
const beganMs = performance.now();
const log: string[] = [];

beforeAll(async () => {
  site = await openSite();
  random = seededRandom(seed);
});
afterAll(() => site.close());

/**
 * When a run is killed: so long after the nth line of its log, the 0th being its start, or after the nth answer that it
 * has missed. A moment given by what the agent does lands at about the same place on a slow machine and on a fast one.
 */
interface Moment {
  readonly after: 'line' | 'lost answer';
  readonly number: number;
  readonly plusMs: number;
}

it(`killed ${KILLS} times at random moments, every machine ends handed off, with one registration and one node`, {
  timeout: 300_000,
}, async () => {
  process.stderr.write(`kill -9 of the binary: CONJURER_KILL_SEED=${seed}\n`);
  try {
    const untouched = await site.machine('edge-untouched');
    await site.admin.fault({ kind: 'lost-answer', probability: LOST_ANSWERS });
    const startMs = Date.now();
    const whole = await untouched.run('run');
    expect(whole).toMatchObject({ status: 0 });
    const lineMs = linesOf(whole).map(({ time }) => Date.parse(time) - startMs);
    const life: Life = { lineMs, endMs: Date.now() - startMs };
    const files = await filesOf(untouched.root);

    let left = KILLS;
    let number = 0;
    const crew = Array.from({ length: AT_ONCE }, async () => {
      while (left > 0) {
        number += 1;
        const machine = await site.machine(`edge-${number}`);
        await killUntilThrough(machine, () => {
          if (left === 0) return null;
          left -= 1;
          return momentOf(life);
        });
        await expectThrough(machine, files);
      }
    });
    await Promise.all(crew);
    note('all', `${number} machines`);
  } catch (error) {
    process.stderr.write(`${log.join('\n')}\nCONJURER_KILL_SEED=${seed}\n`);
    throw error;
  }
});

/** An uninterrupted run: when it wrote each line of its log, and when it ended. */
interface Life {
  readonly lineMs: readonly number[];
  readonly endMs: number;
}

/** Spread evenly over the whole life of a run; but two of five while the Controller has done what the agent does not know. */
function momentOf({ lineMs, endMs }: Life): Moment {
  if (random() < 0.4) return { after: 'lost answer', number: 1 + Math.floor(random() * 3), plusMs: random() * 40 };
  const ms = random() * endMs;
  const number = lineMs.filter(at => at <= ms).length;
  return { after: 'line', number, plusMs: Math.round(ms - (lineMs[number - 1] ?? 0)) };
}

async function killUntilThrough(machine: MachineTree, next: () => Moment | null): Promise<void> {
  for (;;) {
    const moment = next();
    // Nobody has to be waited for here; what would wait for a person all the same is a failure, and not a hang.
    const run = machine.start('run', '--no-wait');
    const killed = moment !== null && (await killAt(run, moment, machine.edgeName));
    const { status, stderr } = await run.ended;
    if (killed) {
      note(machine.edgeName, `killed at ${JSON.stringify(moment)}, after: ${lastLine(stderr)}`);
      if (random() < 0.3 && (await killOperator(machine.root))) note(machine.edgeName, 'its operator was killed too');
      continue;
    }
    note(machine.edgeName, `ended by itself with ${status}`);
    expect({ machine: machine.edgeName, status, stderr }).toMatchObject({ status: 0 });
    return;
  }
}

/** Gives whether the run was still there to be killed. */
async function killAt(run: Started, { after, number, plusMs }: Moment, name: string): Promise<boolean> {
  const ended = run.ended.then(() => 'ended' as const);
  const reached = new Promise<'reached'>(resolve => {
    const look = () => {
      const lines = linesOf({ stderr: run.stderr() });
      const counted = after === 'line' ? lines : lines.filter(({ msg }) => msg === 'retrying');
      if (counted.length >= number) resolve('reached');
    };
    run.process.stderr?.on('data', look);
    look();
  });
  if ((await Promise.race([ended, reached])) === 'ended') return false;
  if ((await Promise.race([ended, sleep(plusMs, 'reached')])) === 'ended') return false;
  const killed = run.process.kill('SIGKILL');
  const { status } = await run.ended;
  note(name, `SIGKILL, status ${status}`);
  return killed && status === null;
}

async function expectThrough(machine: MachineTree, files: readonly string[]): Promise<void> {
  const { registrations, nodes } = await site.known(machine.edgeName);
  const seen = {
    machine: machine.edgeName,
    registrations: registrations.map(({ state, hold }) => ({ state, hold })),
    nodes: nodes.map(({ state, suspicions, appliedGeneration }) => ({ state, suspicions, appliedGeneration })),
    status: JSON.parse((await machine.read('/run/conjurer/status.json')) ?? 'null') as unknown,
    files: (await filesOf(machine.root)).filter(isLasting),
  };
  expect(seen).toMatchObject({
    registrations: [{ state: 'approved', hold: null }],
    nodes: [{ state: 'ready', suspicions: [], appliedGeneration: 1 }],
    status: { state: 'handed-off', exitStatus: 0, nodeId: nodes[0]?.nodeId },
    files: files.filter(isLasting),
  });
  const again = await machine.run('run');
  expect(again).toMatchObject({ status: 0 });
}

/** That a run was cut off is recorded, which an untouched machine has no reason for. */
function isLasting(file: string): boolean {
  return !file.startsWith('/run/') && !file.includes('/flight-recorder/');
}

function note(who: string, what: string): void {
  log.push(`${((performance.now() - beganMs) / 1000).toFixed(3).padStart(8)} ${who.padEnd(14)} ${what}`);
}

function lastLine(stderr: string): string {
  const { msg, stage, changeId, call } = linesOf({ stderr }).at(-1) ?? {};
  return [msg, stage, changeId, call].filter(Boolean).join(' ') || 'nothing yet';
}

type Line = Readonly<Record<'time' | 'msg', string> & Partial<Record<'stage' | 'changeId' | 'call', string>>>;

function linesOf({ stderr }: { readonly stderr: string }): Line[] {
  const lines = stderr.split('\n').filter(line => line.startsWith('{') && line.endsWith('}'));
  return lines.map(line => JSON.parse(line) as Line);
}
