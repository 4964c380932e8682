import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultIds } from '../../../image/check/check-image.ts';
import { USAGE } from '../../../image/options.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/image-builder.md'), 'utf8');

describe('docs/image-builder.md', () => {
  it('has a line for every fault that image:check finds, and for no other', () => {
    const rows = [...page.matchAll(/^\| `([a-z][a-z.-]+)` \|/gm)].map(([, id]) => id);
    expect(rows.sort()).toEqual([...faultIds].sort());
  });

  it('names every option of npm run image', () => {
    const options = [...USAGE.matchAll(/^ {2}(--[a-z0-9-]+)/gm)].map(([, option]) => option ?? '');
    expect(options.length).toBeGreaterThan(10);
    expect(options.filter(option => !page.includes(`\`${option}`))).toEqual([]);
  });
});
