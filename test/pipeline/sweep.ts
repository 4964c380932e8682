import { journalPath, readOwed } from '../../agent/pipeline/journal.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { type Cut, PowerCut, type Step, type Survives } from '../support/power-cut-disk.ts';
import { type PowerCutMachine, powerCutHost } from '../support/power-cut-host.ts';
import { freshMachine, keyPath, type Mutation, revertOn, runOn, type Wanted, type Witness } from './synthetic.ts';

/** What is cut: something that one process does on a machine that was prepared. */
export interface Scenario {
  readonly name: string;
  readonly prepare: readonly Wanted[];
  readonly act: Wanted | 'revert';
}

export interface Interruption {
  readonly cut: Cut;
  readonly survives: Survives;
}

/** How a scenario ends if nothing is cut. */
export interface Reference {
  readonly steps: readonly Step[];
  readonly end: MachineState;
  /** A unit that was started but is not enabled is gone where the machine was booted again just before. */
  readonly endAfterBoot: MachineState;
}

/** Files, units and what the journal owes, each as text. */
type MachineState = Readonly<Record<string, string>>;

export async function uninterrupted(scenario: Scenario): Promise<Reference> {
  const { machine, witness } = await prepared(scenario);
  machine.disk.cutAt(null);
  await act(machine, scenario, witness, {});
  const steps = machine.disk.steps();
  const booted = await prepared(scenario);
  booted.machine.restart('everything');
  await act(booted.machine, scenario, booted.witness, {});
  return { steps, end: await stateOf(machine), endAfterBoot: await stateOf(booted.machine) };
}

/**
 * Interrupts the scenario, as often as is asked, runs it again to its end, and gives what is wrong then: other than
 * uninterrupted, not durable, a second key made, or not as at the start after a revert. null where nothing is.
 */
export async function faultAfter(
  scenario: Scenario,
  interruptions: readonly Interruption[],
  reference: Reference,
  mutation: Mutation = {},
): Promise<string | null> {
  const { machine, witness } = await prepared(scenario);
  for (const { cut, survives } of interruptions) {
    machine.disk.cutAt(cut);
    await act(machine, scenario, witness, mutation);
    machine.restart(survives);
  }
  const failure = await act(machine, scenario, witness, mutation);
  if (failure !== null) return failure;
  const end = await stateOf(machine);
  const wanted = interruptions.some(({ survives }) => survives !== 'kill') ? reference.endAfterBoot : reference.end;
  const different = differs('the end', onHost(end), onHost(wanted));
  if (different !== null) return different;

  machine.restart('nothing');
  const lost = differs('what a later power cut leaves', durable(await stateOf(machine)), durable(end));
  if (lost !== null) return lost;
  if (witness.keys.size > 1) return 'a second key was made';

  await revertOn(machine, mutation);
  const kept = differs('what revert leaves', await stateOf(machine), await stateOf(freshMachine()));
  return kept ?? differs('what the journal owes', end, wanted);
}

/** Every place to cut. */
export function everyCut(reference: Reference): readonly Cut[] {
  return reference.steps.flatMap((kind, index) =>
    (kind === 'write' ? (['before', 'middle', 'after'] as const) : (['before', 'after'] as const)).map(when => ({
      step: index + 1,
      when,
    })),
  );
}

async function prepared({ prepare }: Scenario): Promise<{ machine: PowerCutMachine; witness: Witness }> {
  const machine = freshMachine();
  const witness: Witness = { keys: new Set() };
  for (const wanted of prepare) await runOn(machine, wanted, witness);
  return { machine, witness };
}

/** null where it ended as the scenario wants it to, or was cut. */
async function act(
  machine: PowerCutMachine,
  scenario: Scenario,
  witness: Witness,
  mutation: Mutation,
): Promise<string | null> {
  const failing = scenario.act === 'revert' ? undefined : scenario.act.failing;
  try {
    if (scenario.act === 'revert') await revertOn(machine, mutation);
    else await runOn(machine, scenario.act, witness, mutation);
    return failing === undefined ? null : `${failing} was to fail`;
  } catch (error) {
    if (error instanceof PowerCut) return null;
    if (!(error instanceof AgentError)) throw error;
    return failing !== undefined && error.message === 'told to fail' ? null : `${error.code}: ${error.message}`;
  }
}

async function stateOf(machine: PowerCutMachine): Promise<MachineState> {
  const files = machine.disk.listing();
  if (keyPath in files) files[keyPath] = 'a key';
  delete files[journalPath];
  const state: Record<string, string> = files;
  for (const unit of machine.enabled) state[`${unit} enabled`] = 'yes';
  for (const unit of machine.active) state[`${unit} active`] = 'yes';
  for (const [index, { stage, change, undo, applied, held, sinceHeld }] of (
    await readOwed(powerCutHost(machine))
  ).entries()) {
    state[`owed ${index}`] = JSON.stringify({ stage, change, undo, applied, held, sinceHeld: sinceHeld?.undo });
  }
  return state;
}

function onHost(state: MachineState): MachineState {
  return Object.fromEntries(Object.entries(state).filter(([key]) => !key.startsWith('owed ')));
}

function durable(state: MachineState): MachineState {
  return Object.fromEntries(Object.entries(state).filter(([key]) => !key.endsWith(' active')));
}

function differs(what: string, seen: MachineState, wanted: MachineState): string | null {
  const parts = Object.keys({ ...seen, ...wanted }).filter(key => seen[key] !== wanted[key]);
  if (parts.length === 0) return null;
  return `${what} differs: ${parts.map(key => `${key} is ${seen[key]}, not ${wanted[key]}`).join('; ')}`;
}
