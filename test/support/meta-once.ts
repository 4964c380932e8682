import { readFileSync } from 'node:fs';
import { AgentError } from '../../bootstrap/errors.ts';
import { connectAgent } from './agent-client.ts';

/** A process of its own that makes call 0 once and prints how it ended: `meta-once.ts URL CA-FILE`. */
const [url = '', caFile = ''] = process.argv.slice(2);
const controller = connectAgent({ urls: [url], cas: [readFileSync(caFile, 'utf8')] });
try {
  await controller.meta('bootstrap');
  process.stdout.write('answered\n');
} catch (error) {
  process.stdout.write(`${error instanceof AgentError ? error.code : String(error)}\n`);
} finally {
  await controller.close();
}
