import { AgentError } from '../../bootstrap/errors.ts';

export const REGISTER_AGAIN = Symbol('register again');

/** What to do about a registration that the Controller has no more: one for each wait for an approval. */
export interface LostRegistration {
  /**
   * Gives REGISTER_AGAIN where the registration has expired, and the second time, once, that it is unknown; throws
   * everything else.
   */
  orAgain<T>(call: () => Promise<T>): Promise<T | typeof REGISTER_AGAIN>;
}

export function watchForLoss(): LostRegistration {
  let unknown = 0;
  let again = false;
  return {
    async orAgain(call) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        if (error.code === 'E_REGISTRATION_EXPIRED') return REGISTER_AGAIN;
        if (error.code !== 'E_REGISTRATION_UNKNOWN') throw error;
        unknown += 1;
        if (unknown < 2 || again) throw error;
        again = true;
        return REGISTER_AGAIN;
      }
    },
  };
}
