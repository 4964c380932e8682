import type { ChangeKind, ImageLabelsChange } from '../change.ts';
import { criNamespace, ctrOf, whyNot } from '../components/runtime/ctr.ts';
import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';

/** An image's labels are as wanted, those that the change names. Undo brings back the values that they had. */
export const imageLabelsChange: ChangeKind<ImageLabelsChange> = {
  async isDone(change, host) {
    const labels = await labelsOf(change, host);
    return labels !== null && Object.entries(change.labels).every(([name, value]) => (labels[name] ?? '') === value);
  },

  async apply({ ref, socket, labels }, host, signal) {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const result = await ctrOf(host, socket).run(criNamespace, ['images', 'label', ref, ...pairs], { signal });
    signal.throwIfAborted();
    if (result.status !== 0) {
      const told = { seen: whyNot(result), wanted: pairs.join(', ') };
      throw new AgentError('E_CONTAINERD', `the image ${ref} could not be labelled`, told);
    }
  },

  async undo(change, host) {
    const before = await labelsOf(change, host);
    if (before === null) return [];
    const labels = Object.fromEntries(Object.keys(change.labels).map(name => [name, before[name] ?? '']));
    return [{ ...change, labels }];
  },
};

/** null: there is no such image. */
async function labelsOf(
  { ref, socket }: ImageLabelsChange,
  host: Host,
): Promise<Readonly<Record<string, string>> | null> {
  const images = await ctrOf(host, socket).images(criNamespace);
  if (typeof images !== 'string') return images.find(image => image.ref === ref)?.labels ?? null;
  throw new AgentError('E_CONTAINERD', 'containerd does not say which images it has', { seen: images, wanted: socket });
}
