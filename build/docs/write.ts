import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from './pages.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
for (const [name, page] of Object.entries(pages)) {
  writeFileSync(join(docs, name), page());
  process.stdout.write(`docs/${name}\n`);
}
