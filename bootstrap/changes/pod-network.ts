import type { ChangeKind, PodNetworkChange } from '../change.ts';
import { waitForNode } from '../cluster/wait-for-node.ts';

const placeholder = '{{podCidr}}';
const limitSeconds = 300;
const cidr = /^[0-9a-fA-F.:]+\/\d{1,3}$/;

/**
 * containerd knows how to connect this node's pods. The range comes from the cluster, which never gives a node another
 * one, so that the file alone says whether it is done. `note`: what is waited for.
 */
export function podNetworkKind(note: (text: string) => void): ChangeKind<PodNetworkChange> {
  return {
    isDone: async ({ path, template }, { files }) => isFilledIn((await files.readText(path)) ?? '', template),

    async apply({ path, template, kubeconfig, nodeName }, host, signal) {
      const node = await waitForNode(host, {
        kubeconfig,
        nodeName,
        limitSeconds,
        signal,
        note,
        missing: ({ spec }) =>
          cidr.test(spec.podCIDR ?? '') ? null : 'the cluster has not given it a range for its pods',
      });
      await host.files.write(path, template.replaceAll(placeholder, node.spec.podCIDR ?? ''), 0o644);
    },

    async undo({ id, path }) {
      return [{ kind: 'file', id, path, mode: 0o644, content: null }];
    },
  };
}

/** The text is the template with one and the same range wherever it has its placeholder. */
function isFilledIn(text: string, template: string): boolean {
  const [before = ''] = template.split(placeholder);
  const range = /^[^"\s,\]}]+/.exec(text.slice(before.length))?.[0] ?? '';
  return cidr.test(range) && template.replaceAll(placeholder, range) === text;
}
