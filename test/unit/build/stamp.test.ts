import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStamp } from '../../../build/stamp.ts';

const nothing = { commit: undefined, builtAt: undefined };
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conjurer-stamp-'));
  writeFileSync(join(root, 'package.json'), '{"version":"7.8.9"}');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('readStamp', () => {
  it('is the commit and its time in UTC, whatever the time zone of the author', () => {
    commit();
    expect(readStamp(root, nothing)).toEqual({
      version: '7.8.9',
      commit: expect.stringMatching(/^[0-9a-f]{12}$/),
      builtAt: '2026-01-31T08:00:00Z',
    });
  });

  it.each([
    ['a changed file', 'package.json', '{"version":"7.8.9" }'],
    ['a file that git does not know', 'new.ts', ''],
  ])('says that the tree is not the commit: %s', (_, file, text) => {
    commit();
    writeFileSync(join(root, file), text);
    expect(readStamp(root, nothing).commit).toMatch(/^[0-9a-f]{12}-dirty$/);
  });

  it('says so where there is no git, and takes what it is told', () => {
    expect(readStamp(root, nothing)).toEqual({ version: '7.8.9', commit: 'unknown', builtAt: null });
    const given = { commit: 'abc', builtAt: '2026-02-01T00:00:00Z' };
    expect(readStamp(root, given)).toEqual({ version: '7.8.9', ...given });
  });
});

function commit(): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, GIT_COMMITTER_DATE: '2026-01-31T10:00:00+02:00' },
    });
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'one');
}
