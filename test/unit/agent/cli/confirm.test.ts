import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirm } from '../../../../agent/cli/confirm.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';

function asking(terminal: boolean, json = false) {
  const input = Object.assign(new PassThrough(), { isTTY: terminal });
  const prompt = new PassThrough();
  const stop = new AbortController();
  const answer = confirm('Sure?', { command: 'reset', json, input, prompt, signal: stop.signal });
  return { input, prompt, stop, answer };
}

describe('a question to the person', () => {
  it.each([
    ['yes\n', true],
    ['Y\n', true],
    ['no\n', false],
    ['\n', false],
    ['yesterday\n', false],
  ])('%j means %s', async (text, wanted) => {
    const { input, prompt, answer } = asking(true);
    input.write(text);
    expect(await answer).toBe(wanted);
    expect(String(prompt.read())).toContain('Sure? [yes/no]');
  });

  it('without an end of line, as by Ctrl-D, means no', async () => {
    const { input, answer } = asking(true);
    input.end();
    expect(await answer).toBe(false);
  });

  it('ends with the reason of the signal', async () => {
    const { stop, answer } = asking(true);
    stop.abort(new AgentError('E_INTERRUPTED', 'stopped'));
    await expect(answer).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  });

  it.each([
    [false, false],
    [true, true],
  ])('is refused where nobody can answer (terminal %s, --json %s)', async (terminal, json) => {
    await expect(asking(terminal, json).answer).rejects.toMatchObject({
      code: 'E_USAGE',
      next: 'conjurer reset --yes',
    });
  });
});
