import { AgentError } from '../bootstrap/errors.ts';
import type { Base } from './assemble.ts';
import { assemble } from './assemble.ts';
import { MAX_BUNDLE_BYTES } from './controller/protocol.ts';
import { openState } from './enrolment/state.ts';
import { onlyLooking } from './plan-stages.ts';

/** Sends an encrypted bundle to the Controller (call 12), once; gives the id that it is kept under there. */
export async function sendBundle(
  base: Base,
  bytes: () => Promise<AsyncIterable<Uint8Array>>,
  madeAt: string,
  signal: AbortSignal,
): Promise<string> {
  const state = openState(base.host.files);
  const node = await state.node.read();
  const joinState = await state.joinState.read();
  if (node === null || joinState === null) {
    throw new AgentError(
      'E_BUNDLE_NOT_ENROLLED',
      'only a machine that the Controller has approved can send it a bundle',
    );
  }
  const id = `bundle-${madeAt
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '')
    .toLowerCase()}`;
  const { enrolment } = await assemble(base, onlyLooking, signal);
  try {
    await enrolment.link.ask(
      'send the bundle',
      async controller => controller.bundle(node.nodeId, id, limited(await bytes()), joinState.current),
      signal,
    );
    return id;
  } finally {
    await enrolment.link.close();
  }
}

async function* limited(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let sent = 0;
  for await (const chunk of bytes) {
    sent += chunk.length;
    if (sent > MAX_BUNDLE_BYTES) {
      throw new AgentError('E_BUNDLE_FAILED', 'the bundle is larger than the Controller takes', {
        seen: `over ${MAX_BUNDLE_BYTES} bytes`,
        wanted: 'at most 256 MiB',
        next: 'conjurer bundle --since TIME --upload, or a smaller bundle.budget.bytes in the configuration',
      });
    }
    yield chunk;
  }
}
