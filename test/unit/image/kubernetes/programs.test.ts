import { expect, it } from 'vitest';
import { versionOf } from '../../../../image/kubernetes/programs.ts';

it.each([
  ['1.20.5+really1.20.2-1.1+deb12u1', '1.20.2'],
  ['1.32.0-3', '1.32.0'],
  ['1:1.21.14+ds-1', '1.21.14'],
])('%s is Kubernetes %s', (debian, version) => expect(versionOf(debian)).toBe(version));

it('refuses what is no version', () => expect(() => versionOf('unreleased')).toThrow('unreleased is no version'));
