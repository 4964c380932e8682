import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkTree, treeChecks } from '../../image/check/check-image.ts';
import { Tree } from '../../image/check/tree.ts';
import { companions, type Seed, templateFaults } from '../support/template-faults.ts';
import { makeTemplateTree } from '../support/template-tree.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

let good = '';
beforeAll(async () => {
  good = await mkdtemp(join(tmpdir(), 'conjurer-template-'));
  const bench = await mkdtemp(join(tmpdir(), 'conjurer-bench-'));
  makeTemplateTree(good, bench);
  await rm(bench, { recursive: true });
});
afterAll(() => rm(good, { recursive: true }));

async function faultsOf(seed: Seed, checks = treeChecks): Promise<string[]> {
  const root = await temporaryTree();
  cpSync(good, root, { recursive: true, verbatimSymlinks: true });
  seed(root);
  return [...new Set(checkTree(new Tree(root), checks).map(({ id }) => id))];
}

/** The validation is a program of its own; it is asked where what it looks at was touched. */
function checksFor(id: string): typeof treeChecks {
  const signed = ['not-as-signed', 'conjurer', 'build-id', 'manifest'];
  return signed.includes(id) ? treeChecks : treeChecks.filter(check => check.id !== 'not-as-signed');
}

describe('a root file system', () => {
  it('is fit to be a template as it is made', async () => {
    expect(await faultsOf(() => undefined)).toEqual([]);
  });

  it('has a seeded fault for every check', () => {
    expect(Object.keys(templateFaults).sort()).toEqual(treeChecks.map(({ id }) => id).sort());
  });

  for (const [id, forms] of Object.entries(templateFaults)) {
    for (const [form, seed] of Object.entries(forms)) {
      it(`${id}: ${form}`, async () => {
        const found = await faultsOf(seed, checksFor(id));
        expect(found).toContain(id);
        expect(found.filter(one => one !== id && !companions[id]?.includes(one))).toEqual([]);
      });
    }
  }
});
