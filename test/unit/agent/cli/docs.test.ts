import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitStatuses } from '../../../../agent/cli/exit-status.ts';
import { commands } from '../../../../agent/cli/program.ts';
import { valueKeys } from '../../../../agent/config/keys.ts';
import { errorTable } from '../../../../bootstrap/error-table.ts';
import { pages } from '../../../../build/docs/pages.ts';

const docs = join(import.meta.dirname, '../../../../docs');
const read = (name: string) => readFileSync(join(docs, name), 'utf8');

describe('the documentation is of this source', () => {
  it.each(Object.keys(pages))('docs/%s is what `npm run docs` writes', name => {
    expect(read(name)).toBe(pages[name]?.());
  });

  it('docs/errors.md has every code', () => {
    for (const code of Object.keys(errorTable)) expect(read('errors.md')).toContain(`### ${code}\n`);
  });

  it('docs/cli.md has every command, exit status and object of --json', () => {
    const page = read('cli.md');
    for (const { name, hidden } of commands) if (hidden !== true) expect(page).toContain(`conjurer ${name}`);
    for (const { status } of exitStatuses) expect(page).toMatch(new RegExp(`\\| ${status} \\|`));
  });

  it('docs/conjurer.schema.json describes every key', () => {
    const schema: unknown = JSON.parse(read('conjurer.schema.json'));
    for (const { key } of valueKeys()) {
      const found = key
        .split('.')
        .reduce<unknown>(
          (section, part) => (section as { properties: Record<string, unknown> }).properties[part],
          schema,
        );
      expect(found, key).toSatisfy((of: object) => 'type' in of || 'anyOf' in of);
    }
  });
});
