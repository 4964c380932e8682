import { randomBytes } from 'node:crypto';
import { createRedactor as create } from './diagnostics/redaction/create-redactor.ts';
import type { Redactor as FullRedactor } from './diagnostics/redaction/redactor.ts';

/** What log, terminal and errors need of the one redactor. */
export type Redactor = Pick<FullRedactor, 'addSecret' | 'redact' | 'redactValue'>;

/** The redactor of a process: its marks mean something only among themselves. */
export function createRedactor(): Redactor {
  return create({ salt: randomBytes(16) });
}
