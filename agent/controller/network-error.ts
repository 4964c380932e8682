import { AgentError, type AgentErrorDetails } from '../../bootstrap/errors.ts';

/** The layers of a connection, from the bottom up. The first that fails is the `check` of the error. */
export type Layer = 'name' | 'address' | 'tcp' | 'proxy' | 'tls' | 'http';

type Details = Omit<AgentErrorDetails, 'check' | 'retry'> & { readonly retryAfterSeconds?: number | null };

/** `E_CONTROLLER_UNREACHABLE` at that layer, class retry. */
export function unreachable(check: Layer, message: string, { retryAfterSeconds, ...details }: Details): AgentError {
  const retry = { class: 'retry', retryAfterSeconds: retryAfterSeconds ?? null, authenticated: false } as const;
  return new AgentError('E_CONTROLLER_UNREACHABLE', message, { ...details, check, retry });
}

/** `E_ANSWER_FOREIGN`: an answer that is not of the protocol, class retry. */
export function foreign(message: string, { retryAfterSeconds, ...details }: Details): AgentError {
  const retry = { class: 'retry', retryAfterSeconds: retryAfterSeconds ?? null, authenticated: false } as const;
  return new AgentError('E_ANSWER_FOREIGN', message, { ...details, check: 'http', retry });
}

/** The code of an error of Node or OpenSSL; of undici's, and where there is no code, the text, which says more. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && !code.startsWith('UND_ERR_') ? code : error.message;
}
