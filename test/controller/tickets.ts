import { randomBytes } from 'node:crypto';
import { DAY, rfc3339 } from './clock.ts';
import type { Parts } from './parts.ts';
import { sha256Hex } from './pki/keys.ts';

/** A ticket that lets a machine recover a node once, on any hardware, without a wait. Only its digest is kept. */
export function issueTicket(parts: Parts, nodeId: string, life = 7 * DAY): { ticket: string; expiresAt: string } {
  const ticket = randomBytes(24).toString('base64url');
  const sha256 = sha256Hex(ticket);
  const expiresAt = rfc3339(parts.clock.now() + life);
  parts.records.tickets.put(sha256, { sha256, nodeId, expiresAt, usedBy: null });
  return { ticket, expiresAt };
}

/** False for a ticket that is absent, unknown, of another node, used or too old: it counts as absent. */
export function redeemTicket(
  parts: Parts,
  ticket: string | undefined,
  nodeId: string,
  registrationId: string,
): boolean {
  const record = ticket === undefined ? null : parts.records.tickets.get(sha256Hex(ticket));
  if (!record || record.nodeId !== nodeId || record.usedBy !== null) return false;
  if (record.expiresAt < rfc3339(parts.clock.now())) return false;
  parts.records.tickets.put(record.sha256, { ...record, usedBy: registrationId });
  parts.audit('agent', 'redeem recovery ticket', nodeId, { registrationId });
  return true;
}
