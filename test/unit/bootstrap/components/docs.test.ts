import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const source = join(import.meta.dirname, '../../../../bootstrap/components');
const page = readFileSync(join(import.meta.dirname, '../../../../docs/components.md'), 'utf8');

/** Second argument of `finding` and `imageProblem`, and every archive problem. */
const told = /'(?:missing|altered|unexpected|could-not-tell|note)',\s*'([a-z-]+)'|'(archive-[a-z-]+)'/g;

it('docs/components.md has every problem that a finding can name', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'));
  const problems = files.flatMap(name =>
    Array.from(readFileSync(join(source, name), 'utf8').matchAll(told), match => match[1] ?? match[2]),
  );
  expect(problems.length).toBeGreaterThan(60);
  expect([...new Set(problems)].filter(problem => !page.includes(`\`${problem}\``))).toEqual([]);
});
