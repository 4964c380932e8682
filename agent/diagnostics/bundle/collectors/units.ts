import { type Collector, command, commandAnywhere } from '../collector.ts';

const ours = ['conjurer.service', 'conjurer-firewall.service', 'kubelet.service', 'containerd.service'] as const;
/** There only where systemd is what runs the machine. */
const running = '/run/systemd/system';
/** By name: all of them would hold the units' environment. */
const properties =
  'Id,LoadState,ActiveState,SubState,UnitFileState,Result,ExecMainStatus,ExecMainCode,NRestarts,FragmentPath,DropInPaths,NeedDaemonReload,ActiveEnterTimestamp,InactiveEnterTimestamp,MemoryCurrent,TasksCurrent';

/** Which services run, which failed, and which files say how. */
export const unitCollectors: readonly Collector[] = [
  {
    id: 'failed-units',
    group: 'units',
    to: 'units/failed.txt',
    source: command('systemctl', '--no-pager', '--full', 'list-units', '--state=failed'),
    needs: running,
  },
  {
    id: 'units',
    group: 'units',
    to: 'units/all.txt',
    source: command('systemctl', '--no-pager', '--full', 'list-units', '--all'),
    needs: running,
  },
  {
    id: 'unit-files',
    group: 'units',
    to: 'units/files.txt',
    source: commandAnywhere(['systemctl', '--no-pager', 'list-unit-files'], root => [
      'systemctl',
      `--root=${root}`,
      '--no-pager',
      'list-unit-files',
    ]),
  },
  {
    id: 'effective-units',
    group: 'units',
    to: 'units/effective.txt',
    source: commandAnywhere(['systemctl', '--no-pager', 'cat', ...ours], root => [
      'systemctl',
      `--root=${root}`,
      '--no-pager',
      'cat',
      ...ours,
    ]),
    // Not every image has all of them.
    answers: [0, 1],
  },
  {
    id: 'unit-properties',
    group: 'units',
    to: 'units/properties.txt',
    source: command('systemctl', '--no-pager', 'show', `--property=${properties}`, ...ours),
    needs: running,
  },
  {
    id: 'unit-jobs',
    group: 'units',
    to: 'units/jobs.txt',
    source: command('systemctl', '--no-pager', 'list-jobs'),
    needs: running,
  },
  {
    id: 'unit-overrides',
    group: 'units',
    to: 'units/overrides.txt',
    source: command('systemd-delta', '--no-pager', '--diff=false'),
    // The number of overridden files.
    answers: Array.from({ length: 256 }, (_, status) => status),
  },
  {
    id: 'critical-chain',
    group: 'units',
    to: 'units/critical-chain.txt',
    source: command('systemd-analyze', '--no-pager', 'critical-chain'),
    needs: running,
    answers: [0, 1],
  },
];
