import { expect, it } from 'vitest';
import { type CheckEntry, type CheckId, checkTable } from '../../../../bootstrap/preflight/check-table.ts';
import { changed, checksOn } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';

const groups = ['os', 'compute', 'storage', 'identity', 'residue', 'time'];
const ids = Object.entries<CheckEntry>(checkTable)
  .filter(([, { group, phase }]) => groups.includes(group) && phase === 'host')
  .map(([id]) => id as CheckId);

it.each(Object.entries(machines))('%s: every check of the host', async (_, machine) => {
  const results = await checksOn(ids, machine);
  expect(results.map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(results.map(({ id, status, observed }) => `${id} ${status}: ${observed}`)).toMatchSnapshot();
});

it('what only a running system can say is skipped for a tree of files, and nothing blocks', async () => {
  const bare = { like: 'container', root: 'tree', files: { '/proc': null, '/etc/os-release': null } } as const;
  const results = await checksOn(ids, changed(bare, {}));
  expect(
    results.map(
      ({ id, status, observed }) => `${id} ${status}: ${observed?.replaceAll(/\/\S*conjurer-tree-\w+/g, 'TREE')}`,
    ),
  ).toMatchSnapshot();
  expect(results.filter(({ status }) => status === 'fail')).toEqual([]);
});
