import { describe, expect, test } from 'vitest';
import type { Image, Meta } from '../../../../agent/controller/protocol.ts';
import { checkVersions } from '../../../../agent/controller/versions.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';

const meta: Meta = {
  controllerVersion: '1.10.0',
  apiVersions: ['v1'],
  minImage: '1.2.0',
  blockedImages: ['acme-clusterimage-r-v1.3.1', 'clusterimage-r1.3.2'],
  clusterId: 'edge-01',
  longPollMaxSeconds: 50,
  autoApprove: false,
  time: '2026-01-01T00:00:00Z',
};
const image: Image = { name: 'clusterimage-r-v1.9.0', version: '1.9.0', buildId: 'b1', minControllerVersion: '1.9.0' };

describe('the versions rule', () => {
  const outcome = (changes: { meta?: Partial<Meta>; image?: Partial<Image> | null }) => {
    try {
      const given = changes.image === null ? null : { ...image, ...changes.image };
      checkVersions({ meta: { ...meta, ...changes.meta }, image: given });
      return 'fits';
    } catch (error) {
      if (error instanceof AgentError) return error;
      throw error;
    }
  };

  test('what fits', () => {
    expect(outcome({})).toBe('fits');
    expect(outcome({ image: { version: '1.2.0' } })).toBe('fits');
    expect(outcome({ image: { minControllerVersion: '1.10.0' } })).toBe('fits');
    expect(outcome({ meta: { minImage: null }, image: { version: '0.0.1' } })).toBe('fits');
    expect(outcome({ meta: { apiVersions: ['v2', 'v1'] } })).toBe('fits');
  });

  test('what does not: the code, who is to be upgraded and to what', () => {
    expect(outcome({ image: { minControllerVersion: '1.11.0' } })).toMatchObject({
      code: 'E_IMAGE_TOO_NEW',
      seen: 'Controller 1.10.0',
      next: expect.stringContaining('upgrade the Controller to 1.11.0'),
      retry: { class: 'wait' },
    });
    expect(outcome({ meta: { minImage: '1.10.0' } })).toMatchObject({
      code: 'E_IMAGE_TOO_OLD',
      seen: 'image 1.9.0',
      next: expect.stringContaining('1.10.0'),
    });
    expect(outcome({ image: { name: 'clusterimage-r1.3.2.ova' } })).toMatchObject({ code: 'E_IMAGE_BLOCKED' });
    expect(outcome({ image: { name: 'acme-clusterimage-r-v1.3.1' } })).toMatchObject({ code: 'E_IMAGE_BLOCKED' });
    expect(outcome({ meta: { apiVersions: ['v2'] } })).toMatchObject({
      code: 'E_VERSION_MISMATCH',
      seen: expect.stringContaining('v2'),
    });
  });

  test('full names are blocked, not versions', () => {
    expect(outcome({ image: { name: 'clusterimage-r-v1.3.1' } })).toBe('fits');
  });

  test('without an image only the protocol counts', () => {
    const blocked = { minImage: '9.0.0', controllerVersion: '0.0.1' };
    expect(outcome({ meta: blocked, image: null })).toBe('fits');
    expect(outcome({ meta: { apiVersions: [] }, image: null })).toMatchObject({ code: 'E_VERSION_MISMATCH' });
  });
});
