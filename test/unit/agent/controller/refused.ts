import { AgentError } from '../../../../bootstrap/errors.ts';

/** What a refusal says, or the value of what was not refused. Anything but an AgentError is a bug and thrown on. */
export async function refused(attempt: () => unknown): Promise<unknown> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { code: error.code, check: error.check };
  }
}
