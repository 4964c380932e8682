import { describe, expect, test } from 'vitest';
import { parseImageName } from '../../../../bootstrap/components/image-name.ts';

describe('image names', () => {
  test.each([
    ['clusterimage-r-v1.2.3', 'clusterimage-r-v1.2.3', '1.2.3'],
    ['acme-clusterimage-r-v1.10.0', 'acme-clusterimage-r-v1.10.0', '1.10.0'],
    ['acme.edge_x-clusterimage-r-v0.0.1', 'acme.edge_x-clusterimage-r-v0.0.1', '0.0.1'],
    ['clusterimage-r1.2.3', 'clusterimage-r1.2.3', '1.2.3'],
    ['acme-clusterimage-r1.2.3.ova', 'acme-clusterimage-r1.2.3', '1.2.3'],
    ['clusterimage-r-v1.2.3.ova', 'clusterimage-r-v1.2.3', '1.2.3'],
  ])('%s', (text, name, version) => {
    expect(parseImageName(text)).toEqual({ name, version });
  });

  test.each([
    'clusterimage-r-v1.2',
    'clusterimage-r-v1.2.3.4',
    'clusterimage-r-v01.2.3',
    'clusterimage-r-v1.2.3-rc1',
    'clusterimage-rv1.2.3',
    'clusterimage-r-1.2.3',
    'clusterimage-r-v1.2.3.ova.ova',
    'acmeclusterimage-r-v1.2.3',
    '-clusterimage-r-v1.2.3',
    'ubuntu-22.04',
    '',
  ])('not one: %j', text => {
    expect(parseImageName(text)).toBeNull();
  });
});
