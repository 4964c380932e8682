import { type ErrorCode, errorTable, type Fixer } from './error-table.ts';

/** How a failed call to the Controller is to be treated (protocol: retry at once, wait for a person, stop). */
export interface RetryAdvice {
  readonly class: 'retry' | 'wait' | 'terminal';
  readonly retryAfterSeconds: number | null;
  /** The answer came from the Controller itself, over a verified connection. */
  readonly authenticated: boolean;
}

export interface AgentErrorDetails {
  /** What was found. Never a secret. */
  readonly seen?: string;
  /** What was expected instead. */
  readonly wanted?: string;
  /** The next command to type or thing to do, where it is more exact than the table's. */
  readonly next?: string;
  /** Which of several checks failed, as in the credentials' `mac`. */
  readonly check?: string;
  readonly retry?: RetryAdvice;
  readonly cause?: unknown;
  /** Further facts for the log and for --json. Never a secret. */
  readonly data?: Readonly<Record<string, string | number | boolean | null>>;
}

/** The one error class: everything that can go wrong and is not our bug. Its page is docs/errors.md. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: ErrorCode;
  readonly exitStatus: number;
  readonly fixer: Fixer;
  readonly next: string;
  readonly seen: string | undefined;
  readonly wanted: string | undefined;
  readonly check: string | undefined;
  readonly retry: RetryAdvice | undefined;
  readonly data: NonNullable<AgentErrorDetails['data']>;

  constructor(code: ErrorCode, message: string, details: AgentErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const entry = errorTable[code];
    this.code = code;
    this.exitStatus = entry.status;
    this.fixer = entry.fixer;
    this.next = details.next ?? entry.next;
    this.seen = details.seen;
    this.wanted = details.wanted;
    this.check = details.check;
    this.retry = details.retry;
    this.data = details.data ?? {};
  }
}
