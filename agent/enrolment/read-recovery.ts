import type { Redactor } from '../redaction.ts';
import type { Recovery } from './enrolment.ts';
import { type InputHosts, readInput } from './inputs.ts';
import type { State } from './state.ts';

/** The recovery that was asked for and is not finished, with its ticket; an ordinary run where there is none. */
export async function readRecovery(state: State, hosts: InputHosts, redactor: Redactor): Promise<Recovery> {
  const stored = await state.recovery.read();
  if (stored === null) return { intent: 'new', newIdentityFor: null, ticket: null };
  const { intent, newIdentityFor, ticketFile } = stored;
  if (ticketFile === null) return { intent, newIdentityFor, ticket: null };
  const ticket = (await readInput(hosts, ticketFile, 'recovery ticket')).toString('utf8').trim();
  redactor.addSecret(ticket);
  return { intent, newIdentityFor, ticket };
}
