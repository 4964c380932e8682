import { filterUserData } from '../../redaction/filters/user-data.ts';
import { type Collector, command, document, log, logsIn, made } from '../collector.ts';
import { identityText } from '../made/identity.ts';
import { changesText, newerFilesText } from '../made/image-changes.ts';

/** What machine this is, how cloud-init set it up, and what is no longer as the image was built. */
export const originCollectors: readonly Collector[] = [
  {
    id: 'cloud-init-status',
    group: 'cloud-init',
    to: 'cloud-init/status.txt',
    source: command('cloud-init', 'status', '--long'),
    answers: [0, 1, 2],
  },
  {
    id: 'cloud-init-analyze',
    group: 'cloud-init',
    to: 'cloud-init/analyze.txt',
    source: command('cloud-init', 'analyze', 'show'),
    answers: [0, 1],
  },
  {
    id: 'cloud-init-schema',
    group: 'cloud-init',
    to: 'cloud-init/schema.txt',
    source: command('cloud-init', 'schema', '--system'),
    answers: [0, 1],
  },
  {
    id: 'cloud-init-log',
    group: 'cloud-init',
    to: 'cloud-init/cloud-init.log',
    source: log('/var/log/cloud-init.log'),
  },
  {
    id: 'cloud-init-output',
    group: 'cloud-init',
    to: 'cloud-init/cloud-init-output.log',
    source: log('/var/log/cloud-init-output.log'),
  },
  {
    id: 'cloud-init-result',
    group: 'cloud-init',
    to: 'cloud-init/result.json',
    source: document('/run/cloud-init/result.json'),
  },
  {
    id: 'cloud-init-ds',
    group: 'cloud-init',
    to: 'cloud-init/ds-identify.log',
    source: log('/run/cloud-init/ds-identify.log'),
  },
  {
    id: 'user-data',
    group: 'cloud-init',
    to: 'cloud-init/user-data-structure.txt',
    source: document('/var/lib/cloud/instance/user-data.txt'),
    filter: filterUserData,
  },
  {
    id: 'identity',
    group: 'identity',
    to: 'identity/identity.json',
    source: made('machine-id, DMI, host keys, instance', identityText),
  },
  { id: 'os-release', group: 'platform', to: 'platform/os-release', source: document('/etc/os-release') },
  { id: 'cpu', group: 'platform', to: 'platform/lscpu.txt', source: command('lscpu') },
  {
    id: 'virtualization',
    group: 'platform',
    to: 'platform/virtualization.txt',
    source: command('systemd-detect-virt'),
    answers: [0, 1],
  },
  { id: 'pci', group: 'platform', to: 'platform/lspci.txt', source: command('lspci', '-nn') },
  { id: 'cmdline', group: 'platform', to: 'platform/cmdline.txt', source: document('/proc/cmdline') },
  {
    id: 'apparmor',
    group: 'platform',
    to: 'platform/apparmor.txt',
    source: command('aa-status'),
    answers: [0, 1, 2, 3, 4],
  },
  {
    id: 'unattended-upgrades',
    group: 'packages',
    to: 'packages/unattended-upgrades',
    source: logsIn('/var/log/unattended-upgrades', /^unattended-upgrades\.log$/),
  },
  {
    id: 'image-changes',
    group: 'image',
    to: 'image/changes.txt',
    source: made('the signed manifest against this machine', changesText),
    limitMs: 30_000,
  },
  {
    id: 'newer-files',
    group: 'image',
    to: 'image/newer-files.txt',
    source: made('files that are newer than the image, by name', newerFilesText),
    limitMs: 15_000,
  },
];
