import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// `npm run bench -- NAME [arguments]` runs bench/NAME.mjs, which exports `run(args)`.
const [name, ...args] = process.argv.slice(2);
const file = join(import.meta.dirname, `${name}.mjs`);
const names = readdirSync(import.meta.dirname)
  .filter(entry => entry.endsWith('.mjs') && entry !== 'main.mjs')
  .map(entry => entry.slice(0, -4));

if (name === undefined || name === 'main' || !existsSync(file)) {
  process.stderr.write(`usage: npm run bench -- ${names.join('|')}\n`);
  process.exitCode = 2;
} else {
  await (await import(pathToFileURL(file).href)).run(args);
}
