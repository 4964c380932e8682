import { type Collector, commandAnywhere, journal } from '../collector.ts';

const MiB = 1024 * 1024;
const units = ['kubelet', 'containerd', 'conjurer'] as const;
const cloudInit = ['cloud-init-local', 'cloud-init', 'cloud-config', 'cloud-final'].flatMap(unit => ['-u', unit]);

/** What the services said since this boot, and at the end of the last one. */
export const journalCollectors: readonly Collector[] = [
  {
    id: 'boots',
    group: 'journals',
    to: 'journals/boots.txt',
    source: commandAnywhere(['journalctl', '--no-pager', '--list-boots'], root => [
      'journalctl',
      `--root=${root}`,
      '--no-pager',
      '--list-boots',
    ]),
    // A journal that is large is asked for its boots for long.
    limitMs: 15_000,
  },
  {
    id: 'journal-usage',
    group: 'journals',
    to: 'journals/usage.txt',
    source: commandAnywhere(['journalctl', '--no-pager', '--disk-usage'], root => [
      'journalctl',
      `--root=${root}`,
      '--no-pager',
      '--disk-usage',
    ]),
  },
  ...units.map(unit => ({
    id: `journal-${unit}`,
    group: 'journals' as const,
    to: `journals/${unit}.log`,
    source: journal('-b', '-u', unit),
    limitMs: 20_000,
    limitBytes: 3 * MiB,
  })),
  {
    id: 'journal-cloud-init',
    group: 'journals',
    to: 'journals/cloud-init.log',
    source: journal('-b', ...cloudInit),
    limitMs: 20_000,
    limitBytes: 2 * MiB,
  },
  {
    id: 'journal-errors',
    group: 'journals',
    to: 'journals/errors.log',
    source: journal('-b', '-p', 'warning'),
    limitMs: 20_000,
    limitBytes: 3 * MiB,
  },
  ...units.map(unit => ({
    id: `journal-${unit}-last-boot`,
    group: 'journals' as const,
    to: `journals/last-boot/${unit}.log`,
    source: journal('-b', '-1', '-u', unit, '-n', '2000'),
    limitMs: 20_000,
    limitBytes: 2 * MiB,
  })),
  {
    id: 'journal-last-boot',
    group: 'journals',
    to: 'journals/last-boot/end.log',
    source: journal('-b', '-1', '-n', '2000'),
    limitMs: 20_000,
    limitBytes: 2 * MiB,
  },
  {
    id: 'journal-all',
    group: 'journals',
    to: 'journals/all.log',
    source: journal('-b'),
    limitMs: 20_000,
    limitBytes: 3 * MiB,
  },
];
