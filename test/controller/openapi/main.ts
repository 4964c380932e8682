import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openApiText } from './served.ts';

const file = path.resolve(import.meta.dirname, '../../../docs/controller-api.json');
writeFileSync(file, openApiText());
process.stdout.write(`${path.relative(process.cwd(), file)} is written\n`);
