import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeUuid } from '../../../../bootstrap/facts/dmi.ts';
import { isPlaceholder, isPlaceholderUuid } from '../../../../bootstrap/facts/placeholder.ts';

describe('a filler of the firmware', () => {
  it.each([
    ...['To be filled by O.E.M.', 'To Be Filled By O.E.M', 'Not Specified', 'None', '(none)', '0', '00000000', ''],
    ...['System Serial Number', 'Default string', 'N/A', '-', '...', 'xxxxxxxx', 'FFFFFFFF', '0123456789', 'OEM'],
    ...['System manufacturer', 'Unknown', 'Chassis Serial Number', 'Not Applicable', 'INVALID', 'Type1ProductConfigId'],
  ])('%j is one', value => {
    expect(isPlaceholder(value)).toBe(true);
  });

  it.each(['7XK2PZ2', 'VMware-42 1c 7b 3a', 'Dell Inc.', 'QEMU', 'None-1', 'PF0ABCDE', '100', 'HP'])(
    '%j is none',
    value => {
      expect(isPlaceholder(value)).toBe(false);
    },
  );

  it.each([
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '03000200-0400-0500-0006-000700080009',
    '00020003-0004-0005-0006-000700080009',
    '11111111-1111-1111-1111-111111111111',
  ])('UUID %s is one', uuid => {
    expect(isPlaceholderUuid(uuid)).toBe(true);
  });

  it('a random UUID is none', () => {
    fc.assert(fc.property(fc.uuid({ version: 4 }), uuid => !isPlaceholderUuid(uuid)));
  });
});

describe('normalizeUuid', () => {
  it('is lower case, and null for what is no UUID', () => {
    expect(normalizeUuid('421C7B3A-5D60-9E2F-8A41-0C9D7E6F5B4A')).toBe('421c7b3a-5d60-9e2f-8a41-0c9d7e6f5b4a');
    expect(normalizeUuid('421C7B3A')).toBeNull();
    expect(normalizeUuid('Not Settable')).toBe('not settable');
  });
});
