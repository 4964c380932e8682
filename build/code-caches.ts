import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/**
 * A program of its own, started by sea-blob.ts: `write FOLDER` makes NAME.js.cache for each NAME.js, `check FOLDER` fails
 * where V8, with the flags that this process was started with, would refuse one.
 */
const [mode, folder = ''] = process.argv.slice(2);
for (const name of readdirSync(folder).filter(file => file.endsWith('.js'))) {
  const source = readFileSync(join(folder, name), 'utf8');
  const cache = join(folder, `${name}.cache`);
  const cachedData = mode === 'check' ? readFileSync(cache) : undefined;
  const script = new Script(source, { filename: `conjurer/${name}`, cachedData });
  if (script.cachedDataRejected === true) throw new Error(`V8 refuses the code cache of ${name}`);
  if (mode === 'write') writeFileSync(cache, script.createCachedData());
}
