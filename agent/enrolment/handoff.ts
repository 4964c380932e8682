import type { Change } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { ProvedCluster, Stage } from '../../bootstrap/stage.ts';
import type { Configuration } from './configuration-store.ts';
import { readAppliedConfiguration } from './configuration-store.ts';
import { driverOf } from './drivers/drivers.ts';
import type { EnrolmentParts } from './enrolment.ts';

/** The management operator runs and has called the Controller itself; from here on it is in charge. */
export function handoffStage(
  enrolment: EnrolmentParts,
): Stage<'handoff', 'facts' | 'activate' | 'configure' | 'cluster'> {
  return {
    name: 'handoff',
    needs: ['facts', 'activate', 'configure', 'cluster'],
    onFailure: 'keep',
    async plan({ host, outputs }) {
      enrolment.facts.set(outputs.facts);
      const { nodeId } = outputs.activate;
      const configuration = await readAppliedConfiguration(host.files, enrolment.state);
      if (configuration === null) throw new AgentError('E_STAGE_NOT_PROVED', 'no configuration is in force');
      const { cluster } = outputs;
      return [
        ...(await planOperator(enrolment, { nodeId, cluster }, configuration)),
        handoffChange({ nodeId, cluster }, configuration),
      ];
    },
    async verify({ outputs }) {
      const stored = await enrolment.state.handoff.read();
      if (stored?.nodeId === outputs.activate.nodeId && stored.generation === outputs.configure.generation) {
        return { state: 'ready' };
      }
      throw new AgentError('E_STAGE_NOT_PROVED', 'the Controller has not called this node ready', {
        seen: stored === null ? 'no confirmation' : `a confirmation for generation ${stored.generation}`,
        wanted: `a confirmation for generation ${outputs.configure.generation}`,
      });
    },
  };
}

interface Node {
  readonly nodeId: string;
  readonly cluster: ProvedCluster;
}

async function planOperator(enrolment: EnrolmentParts, node: Node, { document }: Configuration): Promise<Change[]> {
  const section = document.handoff;
  return section === undefined ? [] : driverOf(section).plan(enrolment, { ...node, document, section });
}

function handoffChange({ nodeId, cluster }: Node, { document }: Configuration): Change {
  const { generation: configGeneration, handoff } = document;
  // On a worker the cluster has its operator already, and this node only has to appear in it.
  const runsOperator = handoff !== undefined && document.cluster?.role !== 'worker';
  const operator = runsOperator ? { name: handoff.operator.name, version: handoff.operator.version } : null;
  const name = cluster.distribution === null ? {} : { nodeName: cluster.nodeName };
  return { kind: 'handoff', id: 'handoff', nodeId, configGeneration, operator, ...name };
}
