import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import { parseClosedJson } from '../closed-json.ts';
import { ConfigKeySet } from '../config-keys.ts';
import { Id, Time } from '../protocol.ts';
import { firstIssue, refusal } from './refusal.ts';

const HostOrAddress = z.string().refine(isHostOrAddress, 'not a host name or an address');

/** https://host[:port] and nothing more: no path, user, query or trailing slash. */
const ControllerUrl = z.string().refine(isControllerUrl, 'not https://host[:port] without a path or a trailing slash');

/** The block CONJURER ENROLLMENT. Closed. */
const Enrollment = z.strictObject({
  v: z.literal(1),
  controllerUrls: z.array(ControllerUrl).min(1).max(4),
  clusterId: Id,
  bootstrapId: Id,
  configKeys: ConfigKeySet,
  issuedAt: Time.transform(text => new Date(text)),
  notAfter: Time.transform(text => new Date(text)),
  ntp: z.array(HostOrAddress).optional(),
});
export type Enrollment = z.infer<typeof Enrollment>;

/** Reads the enrollment block and compares it with the end of the leaf's life. Check `enrollment`. */
export function readEnrollment(block: Buffer, leafNotAfter: Date): Enrollment {
  const read = Enrollment.safeParse(parseClosedJson(block));
  if (!read.success) {
    throw refusal('enrollment', 'the block CONJURER ENROLLMENT is not one that the Controller makes', {
      seen: firstIssue(read.error),
      wanted: 'what the protocol names, each field once, and nothing else',
    });
  }
  if (read.data.notAfter.getTime() !== leafNotAfter.getTime()) {
    throw refusal('enrollment', 'the enrollment block and the bootstrap certificate end at different times', {
      seen: `notAfter ${read.data.notAfter.toISOString()}`,
      wanted: `the certificate's ${leafNotAfter.toISOString()}`,
    });
  }
  return read.data;
}

function isControllerUrl(text: string): boolean {
  const parts = /^https:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([^[\]/?#@:\s\\]+))(?::([1-9]\d{0,4}))?$/.exec(text);
  if (parts === null || Number(parts[3] ?? 443) > 65_535) return false;
  return parts[1] === undefined ? isHostOrAddress(parts[2] ?? '') : isIPv6(parts[1]);
}

/** Names are those of RFC 1123; a last label of digits alone would be read as an address by some. */
function isHostOrAddress(text: string): boolean {
  if (isIPv4(text) || isIPv6(text)) return true;
  const labels = text.split('.');
  const named = labels.every(label => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
  return named && text.length <= 253 && !/^(?:\d+|0[xX][0-9A-Fa-f]*)$/.test(labels.at(-1) ?? '');
}
