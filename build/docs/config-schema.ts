import { z } from 'zod';
import { ConfigFile } from '../../agent/config/schema.ts';

/** docs/conjurer.schema.json: the JSON Schema of conjurer.yaml, for an editor to check against. */
export function configSchema(): string {
  const schema = z.toJSONSchema(ConfigFile, { io: 'input' });
  const { $schema, ...rest } = schema;
  const page = {
    $schema,
    title: 'conjurer.yaml',
    description: 'Configuration of conjurer. Every key has a default, except edgeName.',
    ...rest,
  };
  return `${JSON.stringify(page, null, 2)}\n`;
}
