import { expect, it } from 'vitest';
import { clean, count } from '../../../../bootstrap/facts/text.ts';

it('a value is one line of at most 256 characters that a terminal may be given', () => {
  expect(clean('  PowerEdge\u001b[2J R6515 \n')).toBe('PowerEdge [2J R6515');
  expect(clean('x'.repeat(1_000))).toBe('x'.repeat(256));
  expect(clean('\u0000\u202e \ufffd')).toBeNull();
});

it.each([
  ['8', 8],
  [' 8\n', 8],
  ['-1', null],
  ['8.5', null],
  ['1e3', null],
  ['', null],
  ['9'.repeat(16), null],
  [null, null],
])('count of %j is %j', (text, number) => {
  expect(count(text)).toBe(number);
});
