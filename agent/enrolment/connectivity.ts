import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { Stage } from '../../bootstrap/stage.ts';
import type { Controller } from '../controller/controller.ts';
import { readAppliedConfiguration } from './configuration-store.ts';
import type { EnrolmentParts } from './enrolment.ts';
import type { State } from './state.ts';

/** What says that the way itself is not there. Any other failure is named by the stage that it concerns. */
const ofTheWay = ['E_CONTROLLER_UNREACHABLE', 'E_CONTROLLER_UNTRUSTED', 'E_CLOCK_WRONG', 'E_ANSWER_FOREIGN'];

/**
 * The Controller answers by the way that the stages before have set: name, TCP, proxy, TLS and call 0, as patiently as
 * any other call. Changes nothing. A refusal is an answer too: what it means is for the stage that needs more than one.
 * Without usable credentials nobody says where the Controller is: that is then not proved. A machine that is handed off
 * reports to the Controller in the stage configure, which proves the same, and does not call twice.
 */
export function connectivityStage(enrolment: EnrolmentParts): Stage<'connectivity', 'network' | 'firewall'> {
  const { link, state, bus } = enrolment;
  return {
    name: 'connectivity',
    needs: ['network', 'firewall'],
    onFailure: 'keep',
    plan: async () => [],
    async verify({ signal }) {
      if ((await state.handoff.read()) !== null) {
        return { controllerVersion: null, notProved: ['left to the report of the stage configure'] };
      }
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
    },
  };
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
