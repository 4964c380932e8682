import { AgentError } from '../../bootstrap/errors.ts';
import type { Facts } from '../../bootstrap/facts/facts.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { PreflightReport } from '../../bootstrap/preflight/check.ts';
import { remarksOf, requirePassed } from '../../bootstrap/preflight/verdict.ts';
import type { Stage, StageOutputs } from '../../bootstrap/stage.ts';
import type { Controller } from '../controller/controller.ts';
import { readAppliedConfiguration } from './configuration-store.ts';
import type { EnrolmentParts } from './enrolment.ts';
import { tellOfMended } from './preflight-events.ts';
import type { State } from './state.ts';

/** What says that the way itself is not there. Any other failure is named by the stage that it concerns. */
const ofTheWay = ['E_CONTROLLER_UNREACHABLE', 'E_CONTROLLER_UNTRUSTED', 'E_CLOCK_WRONG', 'E_ANSWER_FOREIGN'];

/** What the stage finds out beside whether the Controller answers. */
export interface ConnectivityChecks {
  /** The checks of the network, with what was found of the machine before. */
  check(facts: Facts, signal: AbortSignal): Promise<PreflightReport>;
  note(text: string): void;
}

/**
 * The Controller answers by the way that the stages before have set: name, TCP, proxy, TLS and call 0, as patiently as
 * any other call. Changes nothing. A refusal is an answer too: what it means is for the stage that needs more than one.
 * Without usable credentials nobody says where the Controller is: that is then not proved. A machine that is handed off
 * reports to the Controller in the stage configure, which proves the same, and does not call twice. Until this machine is
 * let in its network is checked too, once the way is there; throws E_PREFLIGHT_FAILED.
 */
export function connectivityStage(
  enrolment: EnrolmentParts,
  checks: ConnectivityChecks,
): Stage<'connectivity', 'facts' | 'network' | 'firewall'> {
  const { state } = enrolment;
  return {
    name: 'connectivity',
    needs: ['facts', 'network', 'firewall'],
    onFailure: 'keep',
    plan: async () => [],
    async verify({ outputs, signal }) {
      if ((await state.handoff.read()) !== null) {
        return { controllerVersion: null, notProved: ['left to the report of the stage configure'] };
      }
      const reached = await reach(enrolment, signal);
      if ((await state.activation.read()) !== null) return reached;
      const report = await checks.check(outputs.facts, signal);
      enrolment.preflight.set(report);
      requirePassed(report.checks);
      await tellOfMended(enrolment, report);
      const network = report.checks.filter(({ phase }) => phase === 'network');
      for (const text of remarksOf(network)) checks.note(text);
      return reached;
    },
  };
}

async function reach({ link, state, bus }: EnrolmentParts, signal: AbortSignal): Promise<StageOutputs['connectivity']> {
  const as = (await state.node.read()) === null ? 'bootstrap' : 'node';
  try {
    const controllerVersion = await link.ask('reach the Controller', one => versionOf(one, as), signal);
    return { controllerVersion, notProved: [] };
  } catch (error) {
    if (signal.aborted || !(error instanceof AgentError) || ofTheWay.includes(error.code)) throw error;
    const text = `that the Controller can be reached: ${error.message}`;
    bus.emit({ type: 'noted', stage: 'connectivity', text: `not proved: ${text}` });
    return { controllerVersion: null, notProved: [text] };
  }
}

/** null: it answered, and refuses to say. */
async function versionOf(controller: Controller, as: 'bootstrap' | 'node'): Promise<string | null> {
  try {
    return (await controller.meta(as)).controllerVersion;
  } catch (error) {
    if (error instanceof AgentError && error.retry?.authenticated === true) return null;
    throw error;
  }
}

/** The networks of pods and services in the configuration in force; [] where there is none yet. */
export async function clusterCidrs(host: Host, state: State): Promise<string[]> {
  const cluster = (await readAppliedConfiguration(host.files, state))?.document.cluster;
  return [cluster?.podSubnet, cluster?.serviceSubnet].flatMap(cidr => cidr ?? []);
}
