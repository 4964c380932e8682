import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ran } from '../../support/started.ts';

const main = join(import.meta.dirname, '../../vm/main.ts');

it('where no machine can be started it fails, and names every package that is missing', async () => {
  const { status, stderr } = await ran(process.execPath, [main], { env: { PATH: '/nonexistent' } });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr:
      'the machines cannot run here: qemu-system-x86_64, qemu-img, xorriso missing; type: apt-get install qemu-system-x86 qemu-utils xorriso\n',
  });
});

it('refuses a flag that it does not know', async () => {
  const { status, stderr } = await ran(process.execPath, [main, '--everything']);
  expect(status).toBe(2);
  expect(stderr).toContain('usage: npm run test:vm');
});
