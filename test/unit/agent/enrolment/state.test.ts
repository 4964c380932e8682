import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '../../../../agent/config/paths.ts';
import { openState, type State } from '../../../../agent/enrolment/state.ts';
import { nodeDisk } from '../../../../bootstrap/host/disk.ts';
import { createFiles } from '../../../../bootstrap/host/files.ts';

let root: string;
let state: State;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'conjurer-state-'));
  state = openState(createFiles(nodeDisk, root));
});
afterEach(() => rm(root, { recursive: true }));

describe('the state on disk', () => {
  it('reads back what was written, from a file that only root can read', async () => {
    await state.applied.write({ generation: 7, hash: 'a'.repeat(64) });
    expect(await state.applied.read()).toEqual({ generation: 7, hash: 'a'.repeat(64) });
    expect((await stat(path.join(root, paths.applied))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(root, paths.stateDir))).mode & 0o777).toBe(0o700);
  });

  it('has no value where nothing was written, and after it was removed', async () => {
    expect(await state.node.read()).toBeNull();
    await state.handoff.write({ nodeId: 'node-1', generation: 1, state: 'ready' });
    await state.handoff.remove();
    expect(await state.handoff.read()).toBeNull();
  });

  it.each([
    ['zero bytes after a power cut', ''],
    ['half a file', '{"generation": 7, "ha'],
    ['another shape', '{"generation": "7"}'],
  ])('names the file that holds %s, and leaves it as it is', async (_name, text) => {
    await mkdir(path.join(root, paths.stateDir), { recursive: true });
    await writeFile(path.join(root, paths.applied), text);
    await expect(state.applied.read()).rejects.toMatchObject({
      code: 'E_STATE_INVALID',
      next: 'conjurer recover',
      message: expect.stringContaining(paths.applied),
    });
    expect((await stat(path.join(root, paths.applied))).size).toBe(text.length);
  });
});
