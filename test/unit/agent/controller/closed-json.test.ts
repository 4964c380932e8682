import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseClosedJson } from '../../../../agent/controller/closed-json.ts';

const parse = (text: string) => parseClosedJson(Buffer.from(text));

test('any JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const text = JSON.stringify(value, null, 1);
      expect(parse(text)).toEqual(JSON.parse(text));
    }),
  );
});

test.each([
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":2}',
  '[{"b":{"a":1,"a":{}}}]',
  '{"a":":","a":"\\":"}',
  '{"__proto__":1,"__proto__":1}',
])('a member named twice is refused: %s', text => {
  JSON.parse(text);
  expect(parse(text)).toBeUndefined();
});

test('colons and quotes in strings do not count', () => {
  expect(parse('{"a:b":"c\\":\\\\","d":[":"]}')).toEqual({ 'a:b': 'c":\\', d: [':'] });
});

test('a string of a megabyte and nesting without end', () => {
  const long = 'x\\n'.repeat(350_000);
  expect(parse(`{"a":"${long}"}`)).toEqual({ a: 'x\n'.repeat(350_000) });
  expect(parse('['.repeat(500_000) + ']'.repeat(500_000))).toBeUndefined();
});
