import { afterAll, beforeAll, expect, it } from 'vitest';
import { componentsSpec, makeImageTree } from '../../support/image-tree.ts';
import { only, openSite, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

it('components that were altered on a managed node end a run with 5, and the Controller is told', async () => {
  const machine = await site.machine('edge-components');
  const image = await makeImageTree(machine.root);
  await image.seal({ ...componentsSpec, minControllerVersion: '1.0.0' });
  const first = await machine.run('run');
  expect(first).toMatchObject({ status: 0 });
  expect(first.stdout).toContain('components: done');
  const { nodeId } = only((await site.known('edge-components')).nodes);

  await image.put('/usr/bin/tool', '#!/bin/sh\necho something else is there\n', 0o755);
  expect(await machine.run('run')).toMatchObject({ status: 5 });
  const told = (await site.admin.events(nodeId)).map(({ event }) => event).filter(({ code }) => code === 'run_failed');
  expect(told).toMatchObject([
    {
      level: 'error',
      message: '1 component does not match: tool (size-differs)',
      data: { code: 'E_COMPONENTS' },
    },
  ]);
});

it('what fails at first boot blocks the registration, and the Controller is told once there is a node', async () => {
  const machine = await site.machine('edge-first-boot');
  const image = await makeImageTree(machine.root);
  await image.seal({ ...componentsSpec, minControllerVersion: '1.0.0' });
  const tool = await image.read('/usr/bin/tool');
  await image.put('/usr/bin/tool', '', 0o755);
  expect(await machine.run('run')).toMatchObject({ status: 5 });
  expect(await site.known('edge-first-boot')).toEqual({ registrations: [], nodes: [] });
  await image.put('/usr/bin/tool', tool, 0o755);
  expect(await machine.run('run')).toMatchObject({ status: 0 });
  const { nodeId } = only((await site.known('edge-first-boot')).nodes);
  expect((await site.admin.events(nodeId)).map(({ event }) => event)).toContainEqual(
    expect.objectContaining({ code: 'run_failed', message: '1 component does not match: tool (file-empty)' }),
  );
});
