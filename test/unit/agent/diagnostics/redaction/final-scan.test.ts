import { describe, expect, it } from 'vitest';
import { createFinalScan } from '../../../../../agent/diagnostics/redaction/final-scan.ts';
import { privatePems } from './secret-classes.ts';

function rulesIn(text: string): string[] {
  const scan = createFinalScan([]);
  scan.push(Buffer.from(text));
  return [...new Set(scan.end().map(({ rule }) => rule))];
}

const word = 'aB3dE5gH7jK9mN1pQ3sT5vX7';

describe('the last scan finds by itself, without the first redaction', () => {
  it.each<[string, string]>([
    ['bootstrap token', 'x abcdef.0123456789abcdef y'],
    ['bootstrap token', '--token=abcdef.0123456789abcdef'],
    ['bearer token', `Authorization: Bearer ${word}`],
    ['basic credentials', `Basic ${Buffer.from(`bob:${word}`).toString('base64')}`],
    ['cloud key', 'AKIAIOSFODNN7EXAMPLE'],
    ['age key', `AGE-SECRET-KEY-1${word.toUpperCase()}`],
    ['access token', `ghp_${word}`],
    ['password hash', `root:$6$salt$${word}`],
    ['a password in a URL', 'http://bob:hunter2@proxy:3128'],
    ['a password in a URL', 'http:\\/\\/bob:hunter2@proxy:3128'],
    ['a web token or JSON in base64', `eyJhbGciOiJIUzI1NiJ9${word}.eyJ${word}`],
    ['a value under the name of a secret', 'DB_PASSWORD=hunter2'],
    ['a value under the name of a secret', '\\"password\\":\\"hunter2\\"'],
    ['a value under the name of a secret', "client_secret: 'hunter2'"],
    ['a value under the name of a secret', '--password hunter2'],
    ...privatePems.map(pem => ['private key', pem] as [string, string]),
    ...privatePems.map(pem => ['private key', JSON.stringify({ a: pem })] as [string, string]),
    ...privatePems.map(pem => ['a private key in base64', Buffer.from(pem).toString('base64')] as [string, string]),
  ])('%s', (rule, text) => {
    expect(rulesIn(`first line\n${text}\nlast line\n`)).toContain(rule);
    expect(rulesIn(text)).toContain(rule);
  });

  it('says at which byte', () => {
    const scan = createFinalScan([]);
    scan.push(Buffer.from('one\ntwo\nDB_PASS'));
    scan.push(Buffer.from('WORD=hunter2\n'));
    expect(scan.end()).toEqual([{ rule: 'a value under the name of a secret', offset: 19 }]);
  });
});
