import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunResult } from '../../../../bootstrap/host/host.ts';
import { localHost, standInSystemctl } from '../../../../bootstrap/host/local-host.ts';
import { runningUnits } from '../../../../bootstrap/host/units.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const serviceText = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n';

/** What systemctl printed on real machines. */
const shown = {
  running: 'LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\n',
  failed: 'LoadState=loaded\nActiveState=failed\nSubState=failed\nUnitFileState=disabled\n',
  none: 'LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n',
  static: 'LoadState=loaded\nActiveState=inactive\nSubState=dead\nUnitFileState=static\n',
};

test.each([
  ['running', { exists: true, enabled: true, active: true, detail: 'active (running)' }],
  ['failed', { exists: true, enabled: false, active: false, detail: 'failed (failed)' }],
  ['none', { exists: false, enabled: false, active: false, detail: 'inactive (dead)' }],
  ['static', { exists: true, enabled: false, active: false, detail: 'inactive (dead)' }],
] as const)('reads what systemctl show says of a unit: %s', async (name, state) => {
  const units = runningUnits(async args => answer({ argv: args, stdout: shown[name] }));
  expect(await units.state('a.service')).toEqual(state);
});

test('what systemctl refuses is E_UNIT with what it said', async () => {
  const refusing = runningUnits(async () => answer({ status: 5, stderr: 'Failed to start a.service: no\n' }));
  const refused = { code: 'E_UNIT', seen: 'Failed to start a.service: no (status 5)' };
  await expect(refusing.setActive('a.service', true)).rejects.toMatchObject(refused);
  await expect(refusing.state('a.service')).rejects.toMatchObject(refused);
  const without = runningUnits(async () => answer({ status: null, missing: true }));
  await expect(without.reload()).rejects.toMatchObject({ code: 'E_UNIT', seen: 'there is no systemctl (status none)' });
});

test('in a tree that is not booted units are enabled and disabled, and cannot be started', async () => {
  const root = await temporaryTree();
  const { files, units } = localHost({ root });
  await files.write('/usr/lib/systemd/system/a.service', serviceText, 0o644);
  expect(await units.state('a.service')).toMatchObject({ exists: true, enabled: false, active: false });
  expect(await units.state('b.service')).toMatchObject({ exists: false });
  await units.setEnabled('a.service', true);
  expect(await units.state('a.service')).toMatchObject({ enabled: true });
  expect(await files.list('/etc/systemd/system/multi-user.target.wants')).toEqual(['a.service']);
  await units.setEnabled('a.service', false);
  expect(await units.state('a.service')).toMatchObject({ enabled: false });
  await units.reload();
  await units.setActive('a.service', false);
  await expect(units.setActive('a.service', true)).rejects.toMatchObject({
    code: 'E_UNIT',
    message: `cannot start a.service: the tree ${root} is not booted`,
  });
});

test("a tree's stand-in is run instead, with the same arguments and CONJURER_ROOT alone", async () => {
  const root = await temporaryTree();
  const { units } = localHost({ root });
  const program = join(root, standInSystemctl);
  await mkdir(dirname(program), { recursive: true });
  await writeFile(
    program,
    '#!/bin/sh\necho "$CONJURER_ROOT: $*" >> "$CONJURER_ROOT/calls"\nprintf "LoadState=loaded\\nActiveState=active\\nSubState=running\\nUnitFileState=enabled\\n"\n',
  );
  await chmod(program, 0o755);
  expect(await units.state('a.service')).toMatchObject({ active: true, enabled: true });
  await units.setEnabled('a.service', true);
  await units.setActive('a.service', false);
  await units.reload();
  expect((await localHost({ root }).files.readText('/calls'))?.split('\n')).toEqual([
    `${root}: show --no-pager --property=LoadState,ActiveState,SubState,UnitFileState -- a.service`,
    `${root}: enable -- a.service`,
    `${root}: stop -- a.service`,
    `${root}: daemon-reload`,
    '',
  ]);
});

function answer(result: Partial<RunResult>): RunResult {
  return { argv: [], status: 0, stdout: '', stderr: '', timedOut: false, missing: false, ...result };
}
