import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { treeChecks } from '../../image/check/check-image.ts';
import { onRung } from '../binary/build/rung.ts';
import { imageToolsMissing } from '../support/image-tools-missing.ts';
import { type Ended, ran } from '../support/started.ts';
import { makeTemplateTree } from '../support/template-tree.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const program = join(import.meta.dirname, '../../image/check/main.ts');
const check = (...args: string[]): Promise<Ended> => ran(process.execPath, [program, ...args]);

async function template(): Promise<string> {
  const root = join(await temporaryTree(), 'root');
  mkdirSync(root);
  makeTemplateTree(root, await temporaryTree());
  return root;
}

const obstacle = process.getuid?.() === 0 ? imageToolsMissing() : 'npm run image:check is for root';

onRung('npm run image:check', obstacle, () => {
  it('ends with 0 for what is fit to be a template, and leaves it so', async () => {
    const root = await template();
    const first = await check(root);
    expect(first).toEqual({ status: 0, stderr: '', stdout: expect.stringContaining('fit to be a template') });
    expect(await check(root)).toEqual(first);
  });

  it('ends with 1 and names the fault, where it is, what comes of it and how it is mended', async () => {
    const root = await template();
    writeFileSync(join(root, 'etc/machine-id'), '0123456789abcdef0123456789abcdef\n');
    const { status, stdout } = await check(root);
    expect(status).toBe(1);
    expect(stdout).toContain('machine-id: /etc/machine-id: 0123456789abcdef0123456789abcdef\n  why  all machines');
    expect(stdout).toContain('fix  truncate -s 0 /etc/machine-id');
    const json = await check('--json', root);
    const report = JSON.parse(json.stdout) as { checks: number };
    expect(report).toMatchObject({ schema: 'conjurer.image-check/v1', faults: [{ id: 'machine-id' }] });
    expect(report.checks).toBeGreaterThan(treeChecks.length);
  });

  it('ends with 2 where it cannot look', async () => {
    const file = join(await temporaryTree(), 'noise.raw');
    writeFileSync(file, 'no disk');
    expect(await check(file)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('image:check: '),
    });
    expect(await check(`${file}.none`)).toMatchObject({ status: 2, stderr: expect.stringContaining('ENOENT') });
    expect(await check()).toMatchObject({ status: 2, stderr: expect.stringContaining('usage: npm run image:check') });
  });
});
