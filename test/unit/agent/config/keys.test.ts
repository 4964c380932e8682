import { describe, expect, it } from 'vitest';
import { environmentKeys, environmentName, valueKeys } from '../../../../agent/config/keys.ts';
import { nearest } from '../../../../agent/config/nearest.ts';
import { paths } from '../../../../agent/config/paths.ts';

describe('the keys of the configuration', () => {
  it('are listed with their type', () => {
    const types = Object.fromEntries(valueKeys().map(({ key, type }) => [key, type]));
    expect(types).toMatchObject({
      edgeName: 'text',
      'enrolment.splaySeconds': 'number',
      'enrolment.patience.budget.tokens': 'number',
      'proxy.noProxy': 'list',
      'firewall.tcp': 'numbers',
      'firewall.uplinks': 'word or list',
      'firewall.allow': 'map',
      'log.level': 'text',
    });
  });

  it('each have a name in the environment of their own, but for what may hold a password', () => {
    const open = valueKeys().filter(({ key, type }) => !key.startsWith('proxy.') && type !== 'map');
    expect(environmentKeys().size).toBe(open.length);
    expect(environmentName('enrolment.splaySeconds')).toBe('CONJURER_ENROLMENT_SPLAY_SECONDS');
    expect([...environmentKeys().keys()].some(name => name.includes('PROXY'))).toBe(false);
  });
});

describe('the nearest name', () => {
  it.each([
    ['edge_name', 'edgeName'],
    ['EDGENAME', 'edgeName'],
    ['passphrase-fil', 'passphraseFile'],
    ['xyz', null],
  ])('of %s is %s', (seen, wanted) => {
    expect(nearest(seen, ['edgeName', 'passphraseFile', 'log'])).toBe(wanted);
  });
});

it('every path is absolute, and no two are the same', () => {
  const all = Object.values(paths);
  expect(all.every(path => path.startsWith('/') && !path.endsWith('/'))).toBe(true);
  expect(new Set(all).size).toBe(all.length);
});
