/**
 * Says whether a string of the firmware is a filler that a maker forgot to replace. Such a value is shared by thousands
 * of machines, so it must not tell two of them apart or make two of them look the same.
 */
export function isPlaceholder(value: string): boolean {
  const plain = value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
  const compact = plain.replaceAll(' ', '');
  return compact === '' || /^(.)\1*$/.test(compact) || sequences.has(compact) || fillers.has(plain);
}

/** The same for an SMBIOS UUID in lower case: all zero, all F, or one of the constants that boards ship with. */
export function isPlaceholderUuid(uuid: string): boolean {
  return /^([0-9a-f])\1*$/.test(uuid.replaceAll('-', '')) || constants.some(constant => uuid.startsWith(constant));
}

const constants = [
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '12345678-1234-1234-1234-123456789abc',
  'fefefefe-fefe-fefe-fefe-fefefefefefe',
];

const sequences = new Set(['0123456789', '1234567890', '123456789', '12345678', '0123456789abcdef', '123456']);

const fillers = new Set([
  'base board serial number',
  'chassis serial number',
  'default',
  'default string',
  'empty',
  'invalid',
  'n a',
  'na',
  'no asset information',
  'none',
  'not applicable',
  'not available',
  'not present',
  'not set',
  'not settable',
  'not specified',
  'null',
  'o e m',
  'oem',
  'pca number acc',
  'product name',
  'serial number',
  'system manufacturer',
  'system name',
  'system product name',
  'system serial number',
  'system vendor',
  'to be filled by o e m',
  'to be filled by oem',
  'type1productconfigid',
  'type1 sku0',
  'undefined',
  'unknown',
  'unspecified',
  'unspecified base board serial number',
  'unspecified system serial number',
]);
