import type { CheckResult } from '../bootstrap/preflight/check.ts';
import { resultOf } from '../bootstrap/preflight/result.ts';
import type { Image } from './controller/protocol.ts';
import { checkController, controllerChecks } from './controller/reachability.ts';
import type { FoundWay } from './find-way.ts';

/** The way to the Controller, layer by layer; all `skip` where nobody can say where it is. Changes nothing. */
export async function checkWay(
  { results, way }: FoundWay,
  image: Image | null,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  if (way !== null) return checkController({ ...way, image, signal });
  const credentials = results.find(({ id }) => id === 'credentials');
  const why = credentials?.status === 'error' ? 'credentials cannot be read' : 'credentials failed';
  return controllerChecks.map(id => resultOf(id, { status: 'skip', observed: `not tried, since ${why}` }, 0));
}
