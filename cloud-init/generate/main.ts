import { generate } from './generate.ts';
import { parseOptions } from './options.ts';

/** `npm run cloud-init`: see cloud-init/README.md. */
try {
  process.stdout.write(`${generate(parseOptions(process.argv.slice(2))).join('\n')}\n`);
} catch (error) {
  process.stderr.write(`cloud-init: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
