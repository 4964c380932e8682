import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/**
 * A process of its own, started by sea-blob.ts with the flags that the executable runs with: V8 makes a code cache for
 * its own flags only. Writes NAME.js.cache beside each NAME.js of the folder.
 */
const [folder = ''] = process.argv.slice(2);
for (const name of readdirSync(folder).filter(file => file.endsWith('.js'))) {
  const source = readFileSync(join(folder, name), 'utf8');
  const cachedData = new Script(source, { filename: `conjurer/${name}` }).createCachedData();
  if (new Script(source, { filename: `conjurer/${name}`, cachedData }).cachedDataRejected !== false) {
    throw new Error(`V8 refuses the code cache that it made of ${name}`);
  }
  writeFileSync(join(folder, `${name}.cache`), cachedData);
}
