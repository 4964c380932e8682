import { type ErrorCode, type ErrorEntry, errorTable } from '../../bootstrap/error-table.ts';
import { AgentError, type RetryAdvice } from '../../bootstrap/errors.ts';
import { type Answer, describeAnswer, jsonOf, printable, retryAfterOf } from './answer.ts';
import { foreign } from './network-error.ts';
import { Problem } from './protocol.ts';

/** What the agent reads of a problem; `type` and `title` are for people with other tools. */
const ProblemRead = Problem.pick({
  detail: true,
  code: true,
  class: true,
  retryAfter: true,
  requestId: true,
  registrationId: true,
  keyFingerprint: true,
  claimCode: true,
});
type ProblemRead = typeof ProblemRead._output;

/** Every code that the Controller may send (protocol, Errors). The other `problem`s of the table are this side's own. */
export const WIRE_PROBLEMS = [
  'malformed',
  'csr_invalid',
  'idempotency_mismatch',
  'client_cert_missing',
  'client_cert_untrusted',
  'client_cert_expired',
  'client_cert_revoked',
  'bootstrap_revoked',
  'bootstrap_expired',
  'quota_exhausted',
  'registration_denied',
  'node_banned',
  'wrong_cluster',
  'wrong_role',
  'cluster_unknown',
  'node_unknown',
  'registration_unknown',
  'not_found',
  'method_not_allowed',
  'not_approved',
  'not_activated',
  'already_activated',
  'edge_name_conflict',
  'clone_suspected',
  'recovery_needs_approval',
  'image_too_new',
  'image_too_old',
  'image_blocked',
  'registration_expired',
  'node_decommissioned',
  'too_large',
  'rate_limited',
  'maintenance',
  'internal',
] as const;

/**
 * The error that an answer without success means. Of a known code the table's class counts, whatever the wire says (the
 * difference is kept in `data.classOnWire`); of an unknown one the wire's. What is no problem+json of a 4xx or 5xx is
 * foreign, and so class retry whatever its status.
 */
export function errorOf(answer: Answer): AgentError {
  const problem = answer.mediaType === 'application/problem+json' ? ProblemRead.safeParse(jsonOf(answer.text)) : null;
  if (problem?.success !== true || answer.status < 400) return foreignAnswer(answer);
  const code = codeOf(problem.data.code);
  const entry: ErrorEntry = errorTable[code];
  const kind = entry.class ?? problem.data.class;
  const retry: RetryAdvice = {
    class: kind,
    retryAfterSeconds:
      kind === 'retry' ? (problem.data.retryAfter ?? retryAfterOf(answer.headers['retry-after'])) : null,
    authenticated: true,
  };
  const unknown = code === 'E_PROBLEM_UNKNOWN';
  const title = unknown ? `${entry.title}: ${printable(problem.data.code)}` : entry.title;
  const detail = printable(problem.data.detail).trim();
  return new AgentError(code, detail === '' ? title : `${title} (${detail})`, {
    seen: `HTTP ${answer.status} ${printable(problem.data.code)}`,
    retry,
    data: dataOf(answer.status, problem.data, kind),
  });
}

/** A 3xx, HTML, a plain 404: something in between. */
function foreignAnswer(answer: Answer): AgentError {
  const { status, headers } = answer;
  const redirect = status >= 300 && status < 400;
  const target = headers.location ?? '';
  const where = redirect && URL.canParse(target) ? ` to ${new URL(target).host}` : '';
  return foreign(
    redirect ? 'the answer leads elsewhere, which is not followed' : 'something other than the Controller answered',
    {
      seen: `${describeAnswer(answer)}${where}`,
      wanted: 'an answer of the protocol (application/json, application/problem+json)',
      retryAfterSeconds: retryAfterOf(headers['retry-after']),
      data: { status, mediaType: printable(answer.mediaType) },
    },
  );
}

function codeOf(problem: string): ErrorCode {
  const code = `E_${problem.toUpperCase()}`;
  const known = WIRE_PROBLEMS.some(wire => wire === problem) && Object.hasOwn(errorTable, code);
  return known ? (code as ErrorCode) : 'E_PROBLEM_UNKNOWN';
}

function dataOf(status: number, problem: ProblemRead, kind: RetryAdvice['class']): AgentError['data'] {
  const { registrationId, keyFingerprint, claimCode } = problem;
  return {
    problem: printable(problem.code),
    status,
    requestId: printable(problem.requestId),
    ...(registrationId === undefined ? {} : { registrationId }),
    ...(keyFingerprint === undefined ? {} : { keyFingerprint: printable(keyFingerprint) }),
    ...(claimCode === undefined ? {} : { claimCode: printable(claimCode) }),
    ...(kind === problem.class ? {} : { classOnWire: problem.class }),
  };
}
