import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { parseJson } from '../../../bootstrap/facts/json.ts';

const KubernetesObject = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    resourceVersion: z.string().optional(),
  }),
});
type KubernetesObject = z.infer<typeof KubernetesObject>;
const List = z.object({ kind: z.literal('List'), items: z.array(KubernetesObject) });

/** One object, or a list of them, as kubectl prints them as JSON; nothing printed is none. null: it is neither. */
export function parseObjects(text: string): readonly KubernetesObject[] | null {
  if (text.trim() === '') return [];
  const printed = parseJson(text);
  const list = List.safeParse(printed);
  if (list.success) return list.data.items;
  const object = KubernetesObject.safeParse(printed);
  return object.success ? [object.data] : null;
}

/**
 * Whether applying would leave every object as it is: `wanted` is what a trial gave. 'moving': somebody has changed one of
 * them between the two looks, so that they cannot be compared.
 */
export function compareObjects(
  live: readonly KubernetesObject[],
  wanted: readonly KubernetesObject[],
): 'same' | 'differ' | 'moving' {
  if (live.length !== wanted.length) return 'differ';
  let moving = false;
  for (const object of wanted) {
    const found = live.find(one => nameOf(one) === nameOf(object));
    if (found === undefined) return 'differ';
    if (isDeepStrictEqual(lasting(found), lasting(object))) continue;
    if (found.metadata.resourceVersion === object.metadata.resourceVersion) return 'differ';
    moving = true;
  }
  return moving ? 'moving' : 'same';
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Without what the API server keeps about the object. */
function lasting({ status: _, metadata, ...object }: KubernetesObject): unknown {
  const { managedFields: __, generation: ___, resourceVersion: ____, ...named } = metadata;
  return { ...object, metadata: named };
}
