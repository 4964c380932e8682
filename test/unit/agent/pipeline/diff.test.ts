import { expect, test } from 'vitest';
import { describeChange } from '../../../../agent/pipeline/diff.ts';
import type { Change } from '../../../../bootstrap/change.ts';
import { powerCutHost, powerCutMachine } from '../../../support/power-cut-host.ts';

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

const machine = powerCutMachine();
machine.disk.seed({
  '/etc/text': { content: `${lines(1, 9).join('\n')}\n`, mode: 0o644 },
  '/etc/private': { content: 'psk = secret\n', mode: 0o600 },
  '/etc/binary': { content: Buffer.from([0xff, 0xfe]), mode: 0o644 },
  '/etc/link': { target: '../run/there' },
  '/usr/lib/systemd/system/a.service': { content: '', mode: 0o644 },
});
machine.active.add('a.service');
const host = powerCutHost(machine);

const file = (path: string, content: string | null, mode = 0o644): Change => ({
  kind: 'file',
  id: 'f',
  path,
  mode,
  content,
});
const secret = (path: string, source: Extract<Change, { kind: 'secret-file' }>['source']): Change => ({
  kind: 'secret-file',
  id: 's',
  path,
  mode: 0o600,
  source,
});

test.each<[string, Change, string[]]>([
  ['a new file', file('/etc/new', 'one\ntwo\n', 0o600), ['+++ /etc/new (0600)', '+ one', '+ two']],
  [
    'a changed line, with two lines around it',
    file('/etc/text', `${[...lines(1, 4), 'other', ...lines(6, 9)].join('\n')}\n`),
    [
      '--- /etc/text (0644)',
      '+++ /etc/text (0644)',
      '  line 3',
      '  line 4',
      '- line 5',
      '+ other',
      '  line 6',
      '  line 7',
    ],
  ],
  [
    'a mode alone',
    file('/etc/text', `${lines(1, 9).join('\n')}\n`, 0o600),
    ['--- /etc/text (0644)', '+++ /etc/text (0600)'],
  ],
  [
    'the last newline alone',
    file('/etc/text', lines(1, 9).join('\n')),
    ['--- /etc/text (0644)', '+++ /etc/text (0644)', '  (only white space at the end differs)'],
  ],
  ['a removal', file('/etc/text', null), ['--- /etc/text (0644)', ...lines(1, 9).map(line => `- ${line}`)]],
  [
    'a private file',
    file('/etc/private', 'x\n'),
    ['- /etc/private (0600): 13 bytes, not shown', '+++ /etc/private (0644)', '+ x'],
  ],
  ['a binary file', file('/etc/binary', null), ['- /etc/binary (0644): 2 bytes, not shown']],
  ['a link', file('/etc/link', 'x'), ['- /etc/link -> ../run/there', '+++ /etc/link (0644)', '+ x']],
  ['a new key', secret('/k', { generate: 'p256-key' }), ['+ /k (0600): a new P-256 key, made on this machine']],
  [
    'a replaced secret',
    secret('/etc/private', { from: '/in', sha256: 'ab' }),
    ['- /etc/private (0600): 13 bytes, not shown', '+ /etc/private (0600): a copy of /in (sha256 ab)'],
  ],
  ['a removed secret', secret('/etc/private', null), ['- /etc/private (0600): 13 bytes, not shown']],
  [
    'a unit',
    { kind: 'unit', id: 'u', unit: 'a.service', enabled: true, active: true },
    ['- a.service: disabled', '+ a.service: enabled'],
  ],
  [
    'a symlink',
    { kind: 'symlink', id: 'l', path: '/etc/link', target: 'x' },
    ['- /etc/link -> ../run/there', '+ /etc/link -> x'],
  ],
  [
    'any other change',
    { kind: 'configuration', id: 'c', generation: 3, hash: 'ff' },
    ['+ generation: 3', '+ hash: ff'],
  ],
])('shows %s', async (_name, change, expected) => {
  expect(await describeChange(change, host)).toEqual(expected);
});
