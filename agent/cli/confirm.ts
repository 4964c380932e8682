import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { AgentError } from '../../bootstrap/errors.ts';

export interface Asking {
  /** The command that asks, to name what to type instead. */
  readonly command: string;
  readonly json: boolean;
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** stderr, so that stdout holds the result alone. */
  readonly prompt: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** Asks the person at the terminal; false for any answer but yes. Throws E_USAGE where there is nobody to ask. */
export async function confirm(question: string, { command, json, input, prompt, signal }: Asking): Promise<boolean> {
  if (json || input.isTTY !== true) {
    throw new AgentError('E_USAGE', `conjurer ${command} asks before it changes anything, and nobody can answer`, {
      seen: json ? '--json without --yes' : 'no terminal to ask at, and no --yes',
      wanted: '--yes, where the answer is known',
      next: `conjurer ${command} --yes`,
    });
  }
  // Not `terminal`: Ctrl-C must stay a signal to the process.
  const lines = createInterface({ input, output: prompt, terminal: false });
  try {
    const ended = once(lines, 'close', { signal }).then(() => '');
    const answer = await Promise.race([lines.question(`${question} [yes/no] `, { signal }), ended]);
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}
