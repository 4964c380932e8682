import { expect, test } from 'vitest';
import { decodeBase64, readPem, writePem } from '../../../../agent/controller/pem.ts';

const A = '-----BEGIN A-----\nQUJD\n-----END A-----\n';
const read = (text: string) => readPem(Buffer.from(text, 'latin1'));

test('blocks, with the byte at which each starts', () => {
  expect(read(`${A}-----BEGIN B C-----\r\nQUJD\r\nREVG\r\n-----END B C-----\r\n \t\n`)).toEqual([
    { label: 'A', body: 'QUJD', start: 0 },
    { label: 'B C', body: 'QUJDREVG', start: A.length },
  ]);
  expect(read('')).toEqual([]);
  expect(read(A.trimEnd())).toHaveLength(1);
});

test.each([
  ['text before', `x\n${A}`, /^line 1: /],
  ['an empty line before', `\n${A}`, /^line 1: /],
  ['an empty line between', `${A}\n${A}`, /^line 4: /],
  ['text after', `${A}x`, /^line 4: /],
  ['an end without a beginning', '-----END A-----\n', /^line 1: /],
  ['the end of another block', '-----BEGIN A-----\nQUJD\n-----END B-----\n', /^line 3: /],
  ['a block inside another', `-----BEGIN A-----\n${A}`, /^line 2: /],
  ['no end', '-----BEGIN A-----\nQUJD\n', /ends inside/],
  ['a blank after a boundary', '-----BEGIN A----- \nQUJD\n-----END A-----\n', /^line 1: /],
  ['line endings of CR alone', A.replaceAll('\n', '\r'), /^line 1: /],
])('refused: %s', (_name, text, fault) => {
  expect(read(text)).toMatchObject({ fault: expect.stringMatching(fault) });
});

test('base64 has one form', () => {
  expect(decodeBase64('QUI=')).toEqual(Buffer.from('AB'));
  for (const text of ['', 'QUI', 'QUJ=', 'QU I=', 'QUI=\n', 'QUI==', '_-8=', 'Q'])
    expect(decodeBase64(text), text).toBeNull();
});

test('what is written is read', () => {
  const bytes = Buffer.alloc(100, 3);
  const [block] = read(writePem('A', bytes)) as { body: string }[];
  expect(decodeBase64(block?.body ?? '')).toEqual(bytes);
  expect(writePem('A', bytes).split('\n')[1]).toHaveLength(64);
});
