import { readContainerdConfig } from '../../../../bootstrap/components/runtime/containerd-config.ts';
import { captureCommand } from '../../../../bootstrap/host/capture.ts';
import type { Make } from '../collector.ts';
import { manifestOf } from './image-manifest.ts';

const containerdConfig = '/etc/containerd/config.toml';
const socket = '/run/containerd/containerd.sock';
const kubeletFlags = '/var/lib/kubelet/kubeadm-flags.env';

/** The image of the pods' sandboxes as each program names it, side by side: where they differ, no pod starts. */
export const sandboxText: Make = async ({ host, signal }) => {
  const config = await readContainerdConfig(host.files, containerdConfig);
  const flags = await host.files.readText(kubeletFlags);
  const manifest = await manifestOf(host.files);
  if (config === null && flags === null && manifest?.kubernetes == null) return null;
  const containerd = config === null ? 'no configuration' : typeof config === 'string' ? config : config.sandboxImage;
  const kubelet = /--pod-infra-container-image=([^\s"']+)/.exec(flags ?? '')?.[1];
  const isServed = host.root === '/' && (await host.files.stat(socket)) !== null;
  const stored = isServed ? await storedImages(signal) : 'not asked: containerd does not run';
  return [
    `image's manifest  ${manifest?.kubernetes?.sandboxImage ?? 'names none'}`,
    `containerd        ${containerd ?? 'names none: the one that it was built with'}`,
    `kubelet           ${kubelet ?? 'names none'}`,
    `image store       ${stored}`,
    '',
  ].join('\n');
};

async function storedImages(signal: AbortSignal): Promise<string> {
  const { status, stdout, missing } = await captureCommand(
    ['ctr', '--connect-timeout=2s', '--timeout=5s', '-n', 'k8s.io', 'images', 'ls', '-q'],
    {
      timeoutMs: 6_000,
      keep: { head: 1024 * 1024, tail: 0 },
      signal,
    },
  );
  if (missing) return 'not asked: there is no ctr';
  if (status !== 0) return 'could not be asked';
  const pause = stdout.head
    .toString('utf8')
    .split('\n')
    .filter(name => /pause/.test(name));
  return pause.length === 0 ? 'holds no image named pause' : pause.join(', ');
}
