import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { AdminTarget } from './client.ts';

const Running = z.object({ url: z.string(), pid: z.int() });

/** Where the Controller of this data folder listens, its token and its CA, as it wrote them down itself. */
export function readTarget(data: string): AdminTarget {
  return {
    url: Running.parse(JSON.parse(read(data, 'controller.json'))).url,
    token: read(data, 'admin-token').trim(),
    ca: read(data, 'ca/cert.pem'),
  };
}

function read(data: string, name: string): string {
  const file = path.join(data, name);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Error(`${file} cannot be read. Is ${data} the --data folder of the Controller, and was it started once?`);
  }
}
