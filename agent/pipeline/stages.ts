import type { Stage, StageName } from '../../bootstrap/stage.ts';
import type { AnyStage } from './selection.ts';

/** The table of contents: every stage that takes a machine from first boot to hand-off, in its order. */
export const stageOrder = [
  'facts', //     what this machine is
  'preflight', // it can become a node: what it lacks is said before anything is changed
  'network', //   addresses, routes, name and time servers; rolled back, also without us, unless proved to work
  'firewall', //  tcp 80 and 443 come in, nothing else; reverted where that cuts us off
  'connectivity', // the Controller answers by the way that was just set
  'components', // what the image should hold is there, unaltered
  'register', //  the Controller knows its key, a person approved it, the certificate is here
  'activate', //  the node has called back with it: the point of no return
  'configure', // the Controller's signed configuration is in force; reverted where that cuts us off
  'cluster', //   this machine is a node of its cluster, and the cluster calls it ready
  'handoff', //   the management operator runs and has called the Controller itself
] as const satisfies readonly StageName[];

/** One implementation a stage: a missing one does not compile. */
export type Stages = { readonly [Name in StageName]: Stage<Name, StageName> };

export function inOrder(stages: Stages): readonly AnyStage[] {
  return stageOrder.map(name => stages[name]);
}
