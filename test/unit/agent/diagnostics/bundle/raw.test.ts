import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { joined } from '../../../../../agent/diagnostics/bundle/raw.ts';

const ends = (head: string, tail: string, omitted = 1000) => ({
  head: Buffer.from(head),
  tail: Buffer.from(tail),
  omitted,
});
const pem = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

it('a text that was not cut is as it was', () => {
  expect(joined({ head: Buffer.from('a\nb'), tail: Buffer.from('c'), omitted: 0 })).toEqual({
    content: Buffer.from('a\nbc'),
    truncated: false,
  });
});

it('is cut between lines, and says how much is missing', () => {
  const { content, truncated } = joined(ends('one\ntwo\nthr', 'ee\nfour\nfive\n'));
  expect(content.toString()).toBe('one\ntwo\n[conjurer: 1006 bytes are left out here]\nfour\nfive\n');
  expect(truncated).toBe(true);
  expect(joined(ends('one\n', '\ntwo\n', Number.POSITIVE_INFINITY)).content.toString()).toContain('the middle is left');
});

it('no line of a key is left whose beginning was cut off, in a log neither', () => {
  const lines = pem.trim().split('\n');
  for (const prefix of ['', '2026-01-31T08:00:00Z edge-1 kubelet[1]: ', '    ']) {
    for (const from of [1, 3, 10, lines.length - 2]) {
      const tail = `half a line\n${lines
        .slice(from)
        .map(line => prefix + line)
        .join('\n')}\nafter it\n`;
      const text = joined(ends('before\n', tail)).content.toString();
      for (const line of lines.slice(1, -1)) expect(text).not.toContain(line.slice(0, 20));
      expect(text).toMatch(/after it\n$/);
    }
  }
});

it('no line of a key is left whose beginning and end were cut off', () => {
  const middle = pem.trim().split('\n').slice(3, 12).join('\n');
  const text = joined(ends('before\n', `x\n${middle}\nafter it\n`)).content.toString();
  expect(text.split('\n')).toHaveLength(4);
  expect(text).toMatch(/after it\n$/);
});

it('a tail without a line end says nothing that is whole', () => {
  expect(joined(ends('a\n', 'no end of line')).content.toString()).not.toContain('no end');
});
