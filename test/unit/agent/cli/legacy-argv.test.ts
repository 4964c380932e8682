import { expect, it } from 'vitest';
import { fromVendorLine } from '../../../../agent/cli/legacy-argv.ts';

const three = ['--edge-name=edge-1', '--passphrase-file=/p', '--creds-file=/c'];

it.each<[string, string[], string[]]>([
  ['as documented', ['-edge-name=edge-1', '-passphrase-file=/p', '-creds-file=/c'], ['run', ...three]],
  [
    'a trailing -t tests',
    ['-edge-name=edge-1', '-passphrase-file=/p', '-creds-file=/c', '-t'],
    ['preflight', ...three],
  ],
  ['values after a space', ['-edge-name', 'edge-1', '-passphrase-file', '/p', '-creds-file', '/c'], ['run', ...three]],
  [
    'both ways in one line',
    ['-creds-file', '/c', '-edge-name=edge-1'],
    ['run', '--creds-file=/c', '--edge-name=edge-1'],
  ],
  ['literal double quotes', ['-edge-name="edge-1"'], ['run', '--edge-name=edge-1']],
  ['literal single quotes after a space', ['-edge-name', "'edge-1'"], ['run', '--edge-name=edge-1']],
  ['quotes that a word processor made', ['-edge-name=“edge-1”'], ['run', '--edge-name=edge-1']],
  ['a quote inside stays', ['-edge-name=a"b'], ['run', '--edge-name=a"b']],
  ['a lone quote stays', ['-edge-name="a'], ['run', '--edge-name="a']],
  ['an equals sign in the value', ['-creds-file=/a=b'], ['run', '--creds-file=/a=b']],
  ['an empty value', ['-edge-name='], ['run', '--edge-name=']],
  ['a value that is missing', ['-edge-name', '-creds-file=/c'], ['run', '--edge-name', '--creds-file=/c']],
  ['a value that is missing at the end', ['-edge-name'], ['run', '--edge-name']],
  [
    'with our own flags',
    ['--root', '/r', '-edge-name=e', '--json'],
    ['run', '--root', '/r', '--edge-name=e', '--json'],
  ],
  ['after a command of ours', ['run', '-edge-name=e'], ['run', '--edge-name=e']],
  ['a value with a line break', ['-creds-file=/a\nb'], ['run', '--creds-file=/a\nb']],
  ['our own line', ['run', '--edge-name', 'e'], ['run', '--edge-name', 'e']],
  ['-t alone is not the vendor’s line', ['-t'], ['-t']],
  ['another single-dash flag', ['-edge-nam=x'], ['-edge-nam=x']],
  ['nothing', [], []],
])('%s', (_name, given, wanted) => {
  expect(fromVendorLine(given)).toEqual(wanted);
});
