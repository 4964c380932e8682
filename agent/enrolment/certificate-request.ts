import * as z from 'zod';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Files } from '../../bootstrap/host/host.ts';

/** Suffix of the request beside the key it was made with; while it exists, an issue or a renewal is under way. */
export const REQUEST = '.csr';

/** The request as it was first sent, and the SHA-256 of the certificate that it replaces; null: the first one. */
const StoredRequest = z.object({ csr: z.string(), replaces: z.string().nullable() });
export type StoredRequest = z.infer<typeof StoredRequest>;

export async function readRequest(files: Files, keyPath: string): Promise<StoredRequest | null> {
  const text = await files.readText(keyPath + REQUEST);
  if (text === null) return null;
  try {
    return StoredRequest.parse(JSON.parse(text));
  } catch (cause) {
    throw new AgentError('E_STATE_INVALID', `${keyPath + REQUEST} is damaged`, { cause });
  }
}

export function requestText(request: StoredRequest): string {
  return `${JSON.stringify(request)}\n`;
}
