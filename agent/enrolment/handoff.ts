import type { Change } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { ProvedCluster, Stage } from '../../bootstrap/stage.ts';
import type { Configuration } from './configuration-store.ts';
import { readAppliedConfiguration, readStoredConfiguration, storedGenerations } from './configuration-store.ts';
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
        ...(cluster.distribution === null ? [] : await planEndOfJoin(enrolment, host)),
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

/** The cluster has taken this machine in: a token that lets others in as well has no business on its disk any more. */
async function planEndOfJoin({ state }: EnrolmentParts, { files }: Host): Promise<Change[]> {
  const changes: Change[] = [];
  for (const generation of await storedGenerations(files)) {
    const stored = await readStoredConfiguration(files, state, generation);
    if (stored?.document.cluster?.join === undefined) continue;
    changes.push({ kind: 'join-removal', id: `configuration-g${generation}-without-join`, generation });
  }
  return changes;
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
