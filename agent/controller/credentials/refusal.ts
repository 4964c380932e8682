import type * as z from 'zod';
import type { ErrorCode } from '../../../bootstrap/error-table.ts';
import { AgentError, type AgentErrorDetails } from '../../../bootstrap/errors.ts';

/** The checks of the credentials, in the order in which they are made; an error names the first that failed. */
export type CredentialsCheck =
  | 'format'
  | 'encryption'
  | 'mac'
  | 'keyOpens'
  | 'keyFits'
  | 'enrollment'
  | 'issuer'
  | 'clientAuth'
  | 'san'
  | 'expiry';

type CredentialsCode = Extract<ErrorCode, 'E_PASSPHRASE_WRONG' | `E_CREDENTIALS_${string}`>;

/** A refusal of the two input files: which check, what was seen, what was wanted, what to do. */
export function refusal(
  check: CredentialsCheck,
  message: string,
  details: Pick<AgentErrorDetails, 'seen' | 'wanted' | 'next'>,
  code: CredentialsCode = 'E_CREDENTIALS_INVALID',
): AgentError {
  return new AgentError(code, message, { ...details, check });
}

/** What a schema found first, on one line: where and what. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const at = issue?.path.join('.') ?? '';
  return `${at}${at === '' ? '' : ': '}${issue?.message ?? 'not readable'}`;
}
