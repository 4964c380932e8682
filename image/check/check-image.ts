import { accessChecks } from './access.ts';
import { bootChecks } from './boot.ts';
import type { Check, Finding } from './check.ts';
import { cloudInitChecks } from './cloud-init.ts';
import { conjurerChecks } from './conjurer.ts';
import { diskChecks } from './disk.ts';
import { identityChecks } from './identity.ts';
import { leftOverChecks } from './left-over.ts';
import type { OpenImage } from './open-image.ts';
import { ovaCheck } from './ova.ts';
import type { Tree } from './tree.ts';
import { validationCheck } from './validation.ts';

/** What is wrong with an image, why it matters, and how it is mended. */
export interface Fault extends Finding {
  readonly id: string;
  readonly why: string;
  readonly fix: string;
}

/** Everything that is asked of the root file system, in the order in which it is said. */
export const treeChecks: readonly Check[] = [
  ...identityChecks,
  ...accessChecks,
  ...cloudInitChecks,
  ...leftOverChecks,
  ...conjurerChecks,
  ...bootChecks,
  validationCheck,
];

/** Every fault that can be found. */
export const faultIds: readonly string[] = [...treeChecks, ...diskChecks, ovaCheck].map(({ id }) => id);

/** The faults of a root file system. */
export function checkTree(tree: Tree, checks: readonly Check[] = treeChecks): Fault[] {
  return checks.flatMap(check => faults(check, check.find(tree)));
}

/** The faults of an image: of its files, of its disk, and of the OVA around it. */
export async function checkImage({ tree, disk, ova }: OpenImage): Promise<Fault[]> {
  return [
    ...checkTree(tree),
    ...(disk === null ? [] : diskChecks.flatMap(check => faults(check, check.find(disk, tree)))),
    ...(ova === null ? [] : faults(ovaCheck, await ovaCheck.find(ova))),
  ];
}

function faults({ id, why, fix }: Pick<Check, 'id' | 'why' | 'fix'>, findings: readonly Finding[]): Fault[] {
  return findings.map(finding => ({ id, why, fix, ...finding }));
}
