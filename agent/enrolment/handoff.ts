import type { Change } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Stage } from '../../bootstrap/stage.ts';
import type { Configuration } from './configuration-store.ts';
import { readAppliedConfiguration } from './configuration-store.ts';
import type { HandoffDriver } from './drivers/driver.ts';
import { systemdDriver } from './drivers/systemd.ts';
import type { EnrolmentParts } from './enrolment.ts';

/** By the name that the configuration gives. A driver that comes later is a line here. */
const drivers: Readonly<Record<string, HandoffDriver>> = { systemd: systemdDriver };

export const handoffDrivers: readonly string[] = Object.keys(drivers);

/** The management operator runs and has called the Controller itself; from here on it is in charge. */
export function handoffStage(enrolment: EnrolmentParts): Stage<'handoff', 'facts' | 'activate' | 'configure'> {
  return {
    name: 'handoff',
    needs: ['facts', 'activate', 'configure'],
    onFailure: 'keep',
    async plan({ host, outputs }) {
      enrolment.facts.set(outputs.facts);
      const { nodeId } = outputs.activate;
      const configuration = await readAppliedConfiguration(host.files, enrolment.state);
      if (configuration === null) throw new AgentError('E_STAGE_NOT_PROVED', 'no configuration is in force');
      return [...(await planOperator(enrolment, nodeId, configuration)), handoffChange(nodeId, configuration)];
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

async function planOperator(enrolment: EnrolmentParts, nodeId: string, { document }: Configuration): Promise<Change[]> {
  const section = document.handoff;
  if (section === undefined) return [];
  const driver = drivers[section.driver];
  if (driver !== undefined) return driver.plan(enrolment, nodeId, document, section);
  throw new AgentError('E_DRIVER_UNSUPPORTED', `the configuration names the hand-off driver ${section.driver}`, {
    seen: section.driver,
    wanted: handoffDrivers.join(', '),
  });
}

function handoffChange(nodeId: string, { document }: Configuration): Change {
  const { generation: configGeneration, handoff } = document;
  // On a worker the cluster has its operator already, and this node only has to appear in it.
  const runsOperator = handoff !== undefined && document.cluster?.role !== 'worker';
  const operator = runsOperator ? { name: handoff.operator.name, version: handoff.operator.version } : null;
  return { kind: 'handoff', id: 'handoff', nodeId, configGeneration, operator };
}
