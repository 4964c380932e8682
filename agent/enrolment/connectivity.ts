import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { Stage } from '../../bootstrap/stage.ts';
import { readAppliedConfiguration } from './configuration-store.ts';
import type { EnrolmentParts } from './enrolment.ts';
import type { State } from './state.ts';

/**
 * The Controller answers by the way that the stages before have set: name, TCP, proxy, TLS and one call, as patiently as
 * any other call. Changes nothing. Without credentials nobody says where the Controller is: that is then not proved.
 */
export function connectivityStage(enrolment: EnrolmentParts): Stage<'connectivity', 'network' | 'firewall'> {
  const { link, state } = enrolment;
  return {
    name: 'connectivity',
    needs: ['network', 'firewall'],
    onFailure: 'keep',
    plan: async () => [],
    async verify({ signal }) {
      const as = (await state.node.read()) === null ? 'bootstrap' : 'node';
      try {
        const meta = await link.ask('reach the Controller', controller => controller.meta(as), signal);
        return { controllerVersion: meta.controllerVersion, notProved: [] };
      } catch (error) {
        if (!(error instanceof AgentError) || error.code !== 'E_INPUT_MISSING') throw error;
        const text = `that the Controller can be reached: ${error.message}, so nobody says where it is`;
        enrolment.bus.emit({ type: 'noted', stage: 'connectivity', text: `not proved: ${text}` });
        return { controllerVersion: null, notProved: [text] };
      }
    },
  };
}

/** The networks of pods and services in the configuration in force; [] where there is none yet. */
export async function clusterCidrs(host: Host, state: State): Promise<string[]> {
  const cluster = (await readAppliedConfiguration(host.files, state))?.document.cluster;
  return [cluster?.podSubnet, cluster?.serviceSubnet].flatMap(cidr => cidr ?? []);
}
