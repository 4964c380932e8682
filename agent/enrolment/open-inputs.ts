import { AgentError } from '../../bootstrap/errors.ts';
import type { InputFile } from '../config/load.ts';
import { type Credentials, openCredentials } from '../controller/credentials/open-credentials.ts';
import type { Redactor } from '../redaction.ts';
import { type InputHosts, readInput } from './inputs.ts';
import type { TimeKeeper } from './time-keeper.ts';
import { rfc3339 } from './time-text.ts';

export interface Inputs {
  readonly hosts: InputHosts;
  readonly passphrase: InputFile;
  readonly credentials: InputFile;
}

export interface OpenInputsParts {
  readonly inputs: Inputs;
  readonly redactor: Redactor;
  readonly time: TimeKeeper;
  now(): Date;
  /** Call 11 with what these credentials pin. */
  signedTime(credentials: Credentials): Promise<Date>;
}

/** Reads and opens both inputs with every check but the date. */
export async function openInputFiles(
  { hosts, passphrase, credentials }: Inputs,
  redactor: Redactor,
  now: Date | null,
): Promise<Credentials> {
  const secret = await readInput(hosts, passphrase, 'passphrase');
  redactor.addSecret(secret.toString('utf8').replace(/\r?\n$/, ''));
  try {
    return await openCredentials({
      passphrase: secret,
      credentials: await readInput(hosts, credentials, 'credentials'),
      now,
    });
  } finally {
    secret.fill(0);
  }
}

/**
 * Opens the inputs for enrolment. An expiry counts only when the time is proved: where it is not, the Controller is
 * asked for the time first, without showing these credentials. E_CREDENTIALS_EXPIRED is class wait, since an admin can
 * replace the file; where the Controller could not be asked, it is tried again as that failure says.
 */
export async function openInputs(parts: OpenInputsParts, signal: AbortSignal): Promise<Credentials> {
  const credentials = await openInputFiles(parts.inputs, parts.redactor, null);
  await parts.time.settle(credentials.issuedAt, signal);
  if (parts.now() <= credentials.notAfter) return credentials;
  if (await parts.time.proved()) throw expired(credentials, parts.now(), null);
  const asked = expired(credentials, parts.now(), null);
  try {
    await parts.time.repair(asked, () => parts.signedTime(credentials));
  } catch (cause) {
    throw expired(credentials, parts.now(), cause);
  }
  if (parts.now() <= credentials.notAfter) return credentials;
  throw expired(credentials, parts.now(), null);
}

function expired({ notAfter }: Credentials, now: Date, cause: unknown): AgentError {
  const byWhom = cause === null ? '' : '; the clock of this machine could not be checked with the Controller';
  const advice = cause instanceof AgentError && cause.retry?.class === 'retry' ? cause.retry : null;
  return new AgentError('E_CREDENTIALS_EXPIRED', `the bootstrap certificate ended on ${rfc3339(notAfter)}${byWhom}`, {
    check: 'expiry',
    seen: `the time is ${rfc3339(now)}`,
    wanted: `a time before ${rfc3339(notAfter)}`,
    retry: advice ?? { class: 'wait', retryAfterSeconds: null, authenticated: false },
    ...(cause === null ? {} : { cause }),
  });
}
