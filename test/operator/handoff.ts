import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** What conjurer leaves for the operator: where everything is, and no secret itself. Paths are absolute. */
export const HandoffDocument = z.object({
  schema: z.literal('conjurer.handoff/v1'),
  nodeId: z.string(),
  clusterId: z.string(),
  edgeName: z.string(),
  controllerUrls: z.array(z.string()).min(1),
  identity: z.object({ key: z.string(), certificate: z.string() }),
  ca: z.string(),
  heartbeatSeconds: z.number().positive(),
  configGeneration: z.int(),
  operator: z.object({ name: z.string(), version: z.string() }),
  /** Of an operator in a cluster: what it is to watch. */
  addons: z
    .array(
      z.object({
        name: z.string(),
        workloads: z.array(z.object({ kind: z.string(), namespace: z.string(), name: z.string() })),
      }),
    )
    .optional(),
});
export type HandoffDocument = z.infer<typeof HandoffDocument>;

/** The document with the contents of the files that it names. */
export interface Mandate {
  readonly document: HandoffDocument;
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
}

/** Reads all of it anew. `root` goes before every path, the document's own too. Throws what the file system says. */
export async function readMandate(handoff: string, root: string): Promise<Mandate> {
  const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');
  const document = HandoffDocument.parse(JSON.parse(await read(handoff)));
  const { identity, ca } = document;
  return { document, key: await read(identity.key), certificate: await read(identity.certificate), ca: await read(ca) };
}
