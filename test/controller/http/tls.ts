import { constants } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { SecureContextOptions } from 'node:tls';
import type { JsonGeneralNames } from '@peculiar/x509';
import { DAY } from '../clock.ts';
import type { Parts } from '../parts.ts';
import { type Authority, createAuthority } from '../pki/authority.ts';
import { newP256Key } from '../pki/keys.ts';
import { pem } from '../pki/pem.ts';

export const CA_NAME = 'conjurer controller CA';
const LIFE = 90 * DAY;

/** Key and certificate of the server for these names, and when they are to be made anew (ms since 1970). */
export async function serverIdentity(
  parts: Parts,
  names: readonly string[],
): Promise<{ context: SecureContextOptions; renewAt: number }> {
  const now = parts.clock.now();
  const expired = parts.faults.isOn('expired-server-certificate');
  const authority = parts.faults.isOn('foreign-server-certificate') ? await foreignAuthority(now) : parts.authority;
  const key = newP256Key();
  const cert = await authority.issue({
    spki: key.spki,
    subject: [{ O: ['conjurer:controllers'] }, { CN: ['reference Controller'] }],
    sans: names.map(toGeneralName),
    usage: 'server',
    from: new Date(expired ? now - 30 * DAY : now - DAY),
    to: new Date(expired ? now - DAY : now + LIFE),
  });
  // No session tickets: every connection shows the certificate of its time.
  const secureOptions = constants.SSL_OP_NO_TICKET;
  const context = { cert, key: pem('PRIVATE KEY', key.pkcs8), ca: [parts.authority.pem], secureOptions };
  return { context: { ...context, minVersion: 'TLSv1.3' }, renewAt: now + (LIFE * 2) / 3 };
}

/** Every name and address under which this machine can be reached on `host`, and those that were added. */
export function serverNames(host: string, more: readonly string[]): string[] {
  const everywhere = host === '0.0.0.0' || host === '::';
  const local = Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(({ address }) => address));
  const names = [host, 'localhost', '127.0.0.1', '::1', ...(everywhere ? [hostname(), ...local] : []), ...more];
  return [...new Set(names.filter(name => name !== '0.0.0.0' && name !== '::').map(name => name.replace(/%.*$/, '')))];
}

function toGeneralName(name: string): JsonGeneralNames[number] {
  return isIP(name) ? { type: 'ip', value: name } : { type: 'dns', value: name };
}

/** Bears the name of the real one: only a check of the signature tells them apart. */
function foreignAuthority(now: number): Promise<Authority> {
  return createAuthority(CA_NAME, new Date(now - DAY), new Date(now + LIFE));
}
