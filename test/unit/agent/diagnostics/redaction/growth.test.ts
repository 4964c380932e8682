import { describe, expect, it } from 'vitest';
import { commandRules } from '../../../../../agent/diagnostics/redaction/commands.ts';
import { createRedactor } from '../../../../../agent/diagnostics/redaction/create-redactor.ts';
import { fieldWords } from '../../../../../agent/diagnostics/redaction/fields.ts';
import { shapes } from '../../../../../agent/diagnostics/redaction/shapes.ts';

const redactor = createRedactor({ salt: Buffer.from('salt'), knownSecrets: ['correct horse battery', 'aaaaaaaa'] });
const small = 64_000;
const times = 8;
const limit = 2 * times;
const leastMs = 2;

/** Processor time of this process, in ms: other processes do not count. */
function spent(text: string): number {
  const before = process.cpuUsage();
  redactor.redact(text);
  const scan = redactor.finalScan();
  scan.push(Buffer.from(text));
  scan.end();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** How many times the work grows where the text grows eightfold: 8 if it is linear, 64 if it is quadratic. */
function growth(unit: string): number {
  const few = unit.repeat(Math.ceil(small / unit.length));
  const many = few.repeat(times);
  const once = () => {
    const least = Math.max(leastMs, Math.min(spent(few), spent(few)));
    return spent(many) / least;
  };
  const first = once();
  // The compiler and the collector run in this process too: what they add is not there each time.
  return first < limit ? first : Math.min(first, once(), once(), once());
}

const units = [
  ...fieldWords,
  ...['token', 'key', 'psk'].flatMap(word => [`${word}="`, `--${word} `, `"${word}":"`, `${word}=[`, `${word}: `]),
  ...shapes.map(({ anchor }) => anchor),
  ...commandRules.flatMap(({ word }) => [`${word} -p -u a`]),
  ...['://', 'http://', 'http://a:b', 'a:', '%3A%2F%2F', 'a@tcp(', '?sig=', '&key=', '&'],
  ...['-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----', '-----', '-----BEGIN ', 'A-----END PRIVATE KEY-----'],
  ...[
    'name: token ',
    '"name":"token","value":"',
    'value: x, name: token ',
    'kind: Secret data: {',
    '"kind":"Secret","data":{"a":"',
  ],
  ...[
    '\\',
    '\\n',
    '\\"',
    '"',
    "'",
    '\0',
    '\0password=',
    '\\npassword: |\\n  ',
    'password:\n',
    'kind: Secret\nmetadata:\n---\n',
    '- ',
  ],
  ...[
    'password: |\n  x\n',
    'a'.repeat(64),
    `${'a'.repeat(64)}\n`,
    'abcdef.0123456789abcdef',
    'eyJ.',
    '$6$',
    ' ',
    `password ${' '.repeat(40)}`,
  ],
  ...[
    'correct horse',
    'aaaaaaaa\n',
    'YWFhYWFhYWE',
    'chpasswd: ',
    'chpasswd:\n  list: |\n',
    '{"log":"',
    'x=',
    'é',
    '\u0001',
  ],
];

describe('the work grows no faster than the text', () => {
  it.each(units)('%j', unit => {
    expect(growth(unit)).toBeLessThan(limit);
  });
});
