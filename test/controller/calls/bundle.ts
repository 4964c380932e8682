import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Id, MAX_BUNDLE_BYTES } from '../../../agent/controller/protocol.ts';
import { empty } from '../answer.ts';
import { rfc3339, SECOND } from '../clock.ts';
import { tooLarge } from '../http/body.ts';
import { Refusal } from '../problems.ts';
import { defineRoute } from '../route.ts';
import { JOIN_STATE, joinedNodeOf } from './node-call.ts';

export const bundle = defineRoute({
  number: 12,
  id: 'bundle',
  method: 'PUT',
  path: '/nodes/{nodeId}/bundles/{bundleId}',
  access: 'node',
  summary: 'An encrypted diagnostic bundle; the same id replaces',
  params: { nodeId: Id, bundleId: Id },
  headers: [JOIN_STATE],
  body: 'bundle',
  answers: { 204: { description: 'kept' } },
  problems: ['clone_suspected'],
  handle: async call => {
    const { parts, params, stream, header } = call;
    const { nodeId } = joinedNodeOf(call, 'bundle');
    const bundleId = params.bundleId ?? '';
    if (!/^application\/octet-stream\s*(;|$)/i.test(header('content-type') ?? '') || !stream) {
      throw new Refusal('malformed', 'a bundle is application/octet-stream');
    }
    if (header('content-encoding') !== null) throw new Refusal('malformed', 'a bundle has no content-encoding');
    if (Number(header('content-length') ?? 0) > MAX_BUNDLE_BYTES) throw tooLarge(MAX_BUNDLE_BYTES);
    const folder = path.join(parts.bundleFolder, nodeId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const kept = await keep(stream, folder, bundleId);
    const record = { nodeId, bundleId, ...kept, receivedAt: rfc3339(parts.clock.now()) };
    parts.records.bundles.put(`${nodeId}/${bundleId}`, record);
    return empty(204);
  },
});

const PATIENCE = 60 * SECOND;

/** Whole or not at all: into a file beside, synced, then renamed. */
async function keep(stream: Readable, folder: string, bundleId: string): Promise<{ bytes: number; sha256: string }> {
  const temporary = path.join(folder, `.${randomUUID()}`);
  const file = await open(temporary, 'wx', 0o600);
  const hash = createHash('sha256');
  let bytes = 0;
  const timer = setTimeout(() => stream.destroy(new Error('no progress')), PATIENCE);
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      timer.refresh();
      bytes += chunk.length;
      if (bytes > MAX_BUNDLE_BYTES) throw tooLarge(MAX_BUNDLE_BYTES);
      hash.update(chunk);
      await file.write(chunk);
    }
    await file.sync();
    await rename(temporary, path.join(folder, bundleId));
    return { bytes, sha256: hash.digest('hex') };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof Refusal ? error : new Refusal('malformed', 'the bundle did not arrive whole');
  } finally {
    clearTimeout(timer);
    await file.close();
  }
}
