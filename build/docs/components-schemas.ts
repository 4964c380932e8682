import { z } from 'zod';
import { Manifest } from '../../bootstrap/components/manifest.ts';
import { ComponentsSpec } from '../../bootstrap/components/spec.ts';

/** docs/components.schema.json: the JSON Schema of components.yaml, for an editor to check against. */
export function componentsSchema(): string {
  return page(ComponentsSpec, 'components.yaml', 'What the builder of an image declares of it.');
}

/** docs/manifest.schema.json: the JSON Schema of the manifest that is made from it. */
export function manifestSchema(): string {
  return page(Manifest, 'manifest.json', 'What an image holds, as it was declared and measured; signed.');
}

function page(schema: z.ZodType, title: string, description: string): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return `${JSON.stringify({ $schema, title, description, ...rest }, null, 2)}\n`;
}
