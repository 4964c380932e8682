import { AgentError } from '../errors.ts';

export function specInvalid(message: string, seen: string, wanted: string): AgentError {
  return new AgentError('E_SPEC_INVALID', message, { seen, wanted });
}
