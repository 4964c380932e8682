import * as z from 'zod';
import type { ConfigComponent, Manifest } from '../../components/manifest.ts';
import { parseDocuments } from '../../components/runtime-config.ts';
import type { Files } from '../../host/host.ts';
import { type Check, type Finding, pass, skip, unknown } from '../check.ts';
import { asDeclared, findRuntime, type Runtime } from '../cri.ts';

const kubeletConfig = '/var/lib/kubelet/config.yaml';

/** containerd and kubelet put containers into the same tree of control groups. */
export const cgroupDriverCheck: Check = {
  id: 'cgroup-driver',
  async run({ host, disk, manifest: readManifest }) {
    const manifest = await readManifest();
    const runtime = await findRuntime(host, disk, manifest);
    if (runtime === null) return skip('there is no containerd');
    return asDeclared(runtime, judgeDrivers(runtime, await kubeletDriver(disk, manifest)));
  },
};

/** What kubelet will do, and what says so. */
export interface KubeletDriver {
  readonly driver: string;
  readonly from: string;
}

export function judgeDrivers({ config, configPath }: Runtime, kubelet: KubeletDriver): Finding {
  if (typeof config === 'string') {
    return { status: 'fail', observed: config, fix: `correct ${configPath}, then: systemctl restart containerd` };
  }
  const driver = config?.systemdCgroup === true ? 'systemd' : 'cgroupfs';
  const from = config === null ? `by default, since there is no ${configPath}` : configPath;
  const observed = `containerd ${driver} (${from}), kubelet ${kubelet.driver} (${kubelet.from})`;
  if (driver === kubelet.driver) return pass(observed);
  if (!['systemd', 'cgroupfs'].includes(kubelet.driver)) return unknown(observed);
  const wanted = kubelet.driver === 'systemd';
  const fix = `set SystemdCgroup = ${wanted} for the runtime ${config?.runtime ?? 'runc'} in ${configPath}, then: systemctl restart containerd`;
  return { status: 'fail', observed, fix };
}

const Kubelet = z.object({ kind: z.literal('KubeletConfiguration'), cgroupDriver: z.string().optional() });

/** Of kubelet's own file, else of those that the image brings, else of its manifest; kubeadm's default is systemd. */
export async function kubeletDriver(disk: Files, manifest: Manifest | null): Promise<KubeletDriver> {
  const declared = (manifest?.components ?? []).filter(isConfig);
  const files = [
    { path: kubeletConfig, byDefault: 'cgroupfs' },
    ...declared.flatMap(({ path, role }) => (role === 'kubelet' ? [{ path, byDefault: 'cgroupfs' }] : [])),
    ...declared.flatMap(({ path, role }) => (role === 'kubeadm' ? [{ path, byDefault: 'systemd' }] : [])),
  ];
  for (const { path, byDefault } of files) {
    const documents = parseDocuments('yaml', (await disk.readText(path)) ?? '');
    if (typeof documents === 'string') return { driver: 'not known', from: `${path}: ${documents}` };
    for (const document of documents) {
      const { data } = Kubelet.safeParse(document);
      if (data !== undefined) return { driver: data.cgroupDriver ?? byDefault, from: path };
    }
  }
  const declaredDriver = manifest?.kubernetes?.cgroupDriver;
  if (declaredDriver !== undefined) return { driver: declaredDriver, from: "the image's manifest" };
  return { driver: 'systemd', from: "kubeadm's default" };
}

function isConfig(component: Manifest['components'][number]): component is ConfigComponent {
  return component.kind === 'config';
}
