import { setTimeout as after } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { defaultConfig } from '../../../agent/config/load.ts';
import { createLog } from '../../../agent/log.ts';
import { createRedactor } from '../../../agent/redaction.ts';
import { createAgent } from '../../../agent/wire.ts';
import { localHost } from '../../../bootstrap/host/local-host.ts';
import { temporaryTree } from '../../support/temporary-tree.ts';

async function agentOf() {
  const root = await temporaryTree();
  const redactor = createRedactor();
  const log = await createLog({ root, level: 'error', redactor, alsoTo: null });
  const parts = { command: 'preflight', config: defaultConfig([]), configProblem: null, log, redactor };
  const agent = await createAgent({ ...parts, host: localHost({ root }) });
  onTestFinished(() => agent.close());
  return agent;
}

it('checks that are stopped at any moment reject the caller, and nobody else', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const agent = await agentOf();
  for (const milliseconds of [0, 1, 2, 5, 10, 20, 40]) {
    const stop = new AbortController();
    const checking = agent.preflight(stop.signal);
    await Promise.race([checking.catch(() => undefined), after(milliseconds)]);
    stop.abort();
    await checking.catch((error: unknown) => expect(error).toBe(stop.signal.reason));
  }
  expect(unhandled).toEqual([]);
});
