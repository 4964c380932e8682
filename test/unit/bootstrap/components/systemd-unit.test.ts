import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CheckContext, Finding } from '../../../../bootstrap/components/finding.ts';
import type { SystemdUnitComponent } from '../../../../bootstrap/components/manifest.ts';
import { checkSystemdUnit } from '../../../../bootstrap/components/systemd-unit.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { type ImageTree, makeImageTree } from '../../../support/image-tree.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const fragment = '/usr/lib/systemd/system/tool.service';
const dropIn = '/etc/systemd/system/tool.service.d/10-limits.conf';

/** What systemctl show prints of the unit as it was made. */
const asMade = {
  LoadState: 'loaded',
  FragmentPath: fragment,
  DropInPaths: dropIn,
  UnitFileState: 'enabled',
  NeedDaemonReload: 'no',
};

describe('a unit of the running system is what systemctl says it is', () => {
  test.each<[string, Partial<typeof asMade>, string[]]>([
    ['as it was made', {}, []],
    ['/lib for /usr/lib', { FragmentPath: '/lib/systemd/system/tool.service' }, []],
    ['edited without a reload', { NeedDaemonReload: 'yes' }, ['daemon-reload-needed']],
    [
      'a drop-in that systemd has not read',
      { DropInPaths: '', NeedDaemonReload: 'yes' },
      ['drop-in-not-in-force', 'daemon-reload-needed'],
    ],
    [
      'a generated drop-in',
      { DropInPaths: `${dropIn} /run/systemd/generator/tool.service.d/x.conf` },
      ['drop-in-undeclared'],
    ],
    ['another file', { FragmentPath: '/etc/systemd/system/tool.service' }, ['unit-overridden']],
    [
      'masked',
      { LoadState: 'masked', FragmentPath: '/etc/systemd/system/tool.service', UnitFileState: 'masked' },
      ['unit-masked', 'unit-disabled'],
    ],
    ['disabled', { UnitFileState: 'disabled' }, ['unit-disabled']],
  ])('%s', async (_what, change, problems) => {
    const found = await check({ ...asMade, ...change });
    expect(found.map(({ problem }) => problem)).toEqual(problems.length === 0 ? ['none'] : problems);
    const mended = ['daemon-reload-needed', 'unit-disabled'];
    expect(found.filter(({ repairable }) => repairable).map(({ problem }) => problem)).toEqual(
      problems.filter(problem => mended.includes(problem)),
    );
  });

  test('a drop-in whose folder systemd has not seen yet, although it says that nothing is to be reloaded', async () => {
    const folder = '/etc/systemd/system/tool.service.d';
    const found = await check(asMade, {}, { [`${folder}/99-new.conf`]: '[Service]\nNice=5\n' });
    expect(found).toMatchObject([
      { problem: 'drop-in-undeclared', observed: `${folder}/99-new.conf` },
      { problem: 'daemon-reload-needed' },
    ]);
  });

  test.each([
    ['no answer', {}],
    ['an answer of another kind', { LoadState: 'loaded' }],
  ])('%s is could-not-tell', async (_what, shown) => {
    expect(await check(shown)).toMatchObject([{ status: 'could-not-tell', problem: 'unreadable' }]);
  });

  test('enabled although it must not be', async () => {
    expect(await check(asMade, { enabled: false })).toMatchObject([{ problem: 'unit-enabled', repairable: true }]);
  });
});

async function check(
  shown: object,
  change: Partial<SystemdUnitComponent> = {},
  more: Readonly<Record<string, string>> = {},
): Promise<Finding[]> {
  const tree = await makeImageTree(await temporaryTree());
  for (const [path, content] of Object.entries(more)) await tree.put(path, content);
  const text = Object.entries(shown).map(([key, value]) => `${key}=${value}\n`);
  await tree.put('/systemctl', `#!/bin/sh\ncat <<'END'\n${text.join('')}END\n`, 0o755);
  const component: SystemdUnitComponent = {
    name: 'tool-unit',
    group: 'os',
    kind: 'systemd-unit',
    unit: 'tool.service',
    path: fragment,
    sha256: await sha256(tree, fragment),
    enabled: true,
    dropIns: [{ path: dropIn, sha256: await sha256(tree, dropIn) }],
    ...change,
  };
  return checkSystemdUnit(component, contextOf(tree));
}

/** The tree's files, as the root of a running system whose systemctl is the script in the tree. */
function contextOf(tree: ImageTree): CheckContext {
  const host = localHost({ root: tree.root });
  return {
    host: { ...host, root: '/', run: (argv, options) => host.run([tree.at('/systemctl'), ...argv.slice(1)], options) },
    depth: 'full',
    manifest: null as never,
    async hash(path) {
      const info = await host.files.stat(path);
      return info === null ? null : { sha256: await sha256(tree, path), info };
    },
    known: () => null,
    progress: { expect: () => undefined, read: () => undefined },
    signal: new AbortController().signal,
  };
}

async function sha256(tree: ImageTree, path: string): Promise<string> {
  return createHash('sha256')
    .update(await tree.read(path))
    .digest('hex');
}
