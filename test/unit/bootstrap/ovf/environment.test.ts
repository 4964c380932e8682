import { describe, expect, it } from 'vitest';
import { readEnvironment, withoutValues } from '../../../../bootstrap/ovf/environment.ts';
import { ovfEnvironment } from '../../../support/ovf-environment.ts';

const document = ovfEnvironment({ 'conjurer.edgeName': 'edge-1', 'conjurer.passphrase': `<&"'\n ä`, hostname: 'h' });

describe('an OVF environment', () => {
  it('gives the properties of this machine, and not those of its siblings', () => {
    expect(readEnvironment(document).map(({ key, value }) => [key, value])).toEqual([
      ['conjurer.edgeName', 'edge-1'],
      ['conjurer.passphrase', `<&"'\n ä`],
      ['hostname', 'h'],
    ]);
  });

  it('is the same without a secret, byte by byte', () => {
    const secret = readEnvironment(document).filter(({ key }) => key === 'conjurer.passphrase');
    const blanked = withoutValues(document, secret);
    expect(blanked).toBe(document.replace(/(passphrase" oe:value=")[^"]*/, '$1'));
    expect(readEnvironment(blanked).map(({ value }) => value)).toEqual(['edge-1', '', 'h']);
  });

  it('is the same without several secrets, in whatever order they are named', () => {
    const all = readEnvironment(document);
    for (const some of [all, all.toReversed()]) {
      expect(withoutValues(document, some)).toBe(document.replaceAll(/(" oe:value=")(?!a-sibling)[^"]*/g, '$1'));
    }
  });

  it('has attributes of others, which do not count', () => {
    const other = document.replaceAll('oe:key="hostname" oe:value', 've:key="conjurer.x" ve:value');
    expect(readEnvironment(other).map(({ key }) => key)).toEqual(['conjurer.edgeName', 'conjurer.passphrase']);
  });

  it('must be one, and name a property once', () => {
    expect(() => readEnvironment('<Environment/>')).toThrowError('no OVF environment');
    const twice = document.replace('"hostname"', '"conjurer.edgeName"');
    expect(() => readEnvironment(twice)).toThrowError('conjurer.edgeName is there twice');
  });
});
