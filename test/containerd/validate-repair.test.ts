import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { makePauseMachine, pause } from '../support/pause-machine.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

/** `conjurer validate` from its source, on the tree. */
async function validate(root: string, ...args: string[]) {
  const main = join(import.meta.dirname, '../../agent/main.ts');
  const child = spawn(process.execPath, [main, '--root', root, 'validate', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [stdout, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const report = JSON.parse(stdout) as {
    verdict: string;
    findings: { status: string; problem: string }[];
    repaired?: unknown;
  };
  const wrong = report.findings.filter(one => one.status !== 'ok' && one.status !== 'note');
  return { status, verdict: report.verdict, problems: wrong.map(({ problem }) => problem), repaired: report.repaired };
}

test('by the command: the pause image is deleted and a blob is altered, each is named, and healed by --repair', async () => {
  const root = await temporaryTree();
  const { containerd, image } = await makePauseMachine(root);
  expect(await validate(root, '--deep')).toMatchObject({ status: 0, problems: [] });

  containerd.ctr('-n', 'k8s.io', 'images', 'rm', '--sync', pause);
  expect(await validate(root, '--quick')).toMatchObject({ status: 5, problems: ['image-missing'] });
  expect(await validate(root, '--deep', '--repair')).toMatchObject({
    status: 0,
    problems: [],
    repaired: [
      { change: `image-${pause}`, problem: null },
      { change: `labels-${pause}`, problem: null },
    ],
  });

  const layer = containerd.blob(image.layers[0]?.digest ?? '');
  const bytes = await readFile(layer);
  bytes[30] = (bytes[30] ?? 0) ^ 1;
  await writeFile(layer, bytes);
  expect(await validate(root, '--deep')).toMatchObject({ status: 5, problems: ['blob-altered'] });
  expect(await validate(root, '--deep', '--repair')).toMatchObject({ status: 0, problems: [] });
});
