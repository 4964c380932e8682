import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

/** What names an object of Kubernetes in a file of manifests. */
export interface ManifestObject {
  readonly kind: string;
  /** null: it is in none, or in the one called default. */
  readonly namespace: string | null;
  readonly name: string;
}

const Named = z.object({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.object({ name: z.string().min(1), namespace: z.string().min(1).optional() }),
});

/** The objects of a YAML text, in its order; empty documents are none. A text says what is wrong with it. */
export function readObjects(text: string): readonly ManifestObject[] | string {
  const documents = parseAllDocuments(text, { logLevel: 'silent', version: '1.1' });
  const objects: ManifestObject[] = [];
  for (const [index, document] of [...documents].entries()) {
    if (document.errors.length > 0) return document.errors[0]?.message.split('\n')[0] ?? 'not YAML';
    const content: unknown = document.toJS();
    if (content === null || content === undefined) continue;
    const { data, error } = Named.safeParse(content);
    if (data === undefined) return `document ${index + 1}: ${error.issues[0]?.path.join('.')} does not fit`;
    objects.push({ kind: data.kind, namespace: data.metadata.namespace ?? null, name: data.metadata.name });
  }
  return objects.length === 0 ? 'no object at all' : objects;
}
