import { constants } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { JsonGeneralNames } from '@peculiar/x509';
import { DAY } from '../clock.ts';
import type { Parts } from '../parts.ts';
import { type Authority, createAuthority } from '../pki/authority.ts';
import { newP256Key } from '../pki/keys.ts';
import { pem } from '../pki/pem.ts';

export const CA_NAME = 'conjurer controller CA';
const LIFE = 90 * DAY;

/** The admin side asks for this name, and so gets a certificate that no fault and no shifted clock touches. */
export const ADMIN_NAME = 'admin.conjurer.invalid';

/** Key and certificate of the server for these names, and when they are to be made anew (ms since 1970). */
export async function serverIdentity(
  parts: Parts,
  names: readonly string[],
): Promise<{ context: SecureContextOptions; renewAt: number }> {
  const now = parts.clock.now();
  const authority = parts.faults.isOn('foreign-server-certificate') ? await foreignAuthority(now) : parts.authority;
  const expired = parts.faults.isOn('expired-server-certificate');
  const [from, to] = expired ? [now - 30 * DAY, now - DAY] : [now - DAY, now + LIFE];
  const renewAt = now + (LIFE * 2) / 3;
  return { context: await makeContext(authority, parts.authority.pem, names, from, to), renewAt };
}

/** What answers the admin side. */
export async function adminContext(authority: Authority): Promise<SecureContext> {
  const now = Date.now();
  return createSecureContext(await makeContext(authority, authority.pem, [ADMIN_NAME], now - DAY, now + 365 * DAY));
}

async function makeContext(
  authority: Authority,
  ca: string,
  names: readonly string[],
  from: number,
  to: number,
): Promise<SecureContextOptions> {
  const key = newP256Key();
  const cert = await authority.issue({
    spki: key.spki,
    subject: [{ O: ['conjurer:controllers'] }, { CN: ['reference Controller'] }],
    sans: names.map(toGeneralName),
    usage: 'server',
    from: new Date(from),
    to: new Date(to),
  });
  // No session tickets: every connection shows the certificate of its time.
  const secureOptions = constants.SSL_OP_NO_TICKET;
  return { cert, key: pem('PRIVATE KEY', key.pkcs8), ca: [ca], secureOptions, minVersion: 'TLSv1.3' };
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
