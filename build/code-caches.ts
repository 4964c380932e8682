import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/**
 * A program of its own, started by sea-blob.ts: `write FOLDER NAME…` makes NAME.js.cache for each NAME.js, of those that
 * are named with every function in it, of the others with what runs when they are loaded; `check FOLDER` fails where V8,
 * with the flags that this process was started with, would refuse one.
 */
const [mode, folder = '', ...whole] = process.argv.slice(2);
for (const name of readdirSync(folder).filter(file => file.endsWith('.js'))) {
  const source = readFileSync(join(folder, name), 'utf8');
  const cache = join(folder, `${name}.cache`);
  const cachedData = mode === 'check' ? readFileSync(cache) : undefined;
  if (whole.includes(name)) setFlagsFromString('--no-lazy');
  const script = new Script(source, { filename: `conjurer/${name}`, cachedData });
  // A cache holds the flags of the moment in which it is written, and has to have those that it is read with.
  setFlagsFromString('--lazy');
  if (script.cachedDataRejected === true) throw new Error(`V8 refuses the code cache of ${name}`);
  if (mode === 'write') writeFileSync(cache, script.createCachedData());
}
