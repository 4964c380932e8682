import type { Manifest } from '../components/manifest.ts';
import { type ContainerdConfig, readContainerdConfig } from '../components/runtime/containerd-config.ts';
import { criNamespace, ctrOf, whyNot } from '../components/runtime/ctr.ts';
import type { Files, Host } from '../host/host.ts';
import { hasUnit } from '../network/unit-files.ts';
import type { Finding } from './check.ts';

export const containerdUnit = 'containerd.service';
const usualConfig = '/etc/containerd/config.toml';
const usualSocket = '/run/containerd/containerd.sock';

/** Where the container runtime of this machine is to be found. */
export interface Runtime {
  readonly configPath: string;
  /** null: there is no such file. A text says what is wrong with it. */
  readonly config: ContainerdConfig | string | null;
  readonly socket: string;
  /** The image's manifest says that Kubernetes runs by it. Else nobody knows what it is for, and nothing of it blocks. */
  readonly isDeclared: boolean;
}

/** null: this machine has no containerd, and its image does not say that it should. */
export async function findRuntime(host: Host, disk: Files, manifest: Manifest | null): Promise<Runtime | null> {
  const kubernetes = manifest?.kubernetes ?? null;
  if (kubernetes === null && !(await hasUnit(host, containerdUnit))) return null;
  const declared = manifest?.components.find(one => one.kind === 'config' && one.role === 'containerd');
  const configPath = declared?.kind === 'config' ? declared.path : usualConfig;
  const config = await readContainerdConfig(disk, configPath);
  const configured = typeof config === 'string' ? undefined : config?.address;
  const socket = kubernetes?.criSocket ?? configured ?? usualSocket;
  return { configPath, config, socket, isDeclared: kubernetes !== null };
}

/** What fails on a machine whose image does not say that it needs a runtime, only warns. */
export function asDeclared({ isDeclared }: Pick<Runtime, 'isDeclared'>, finding: Finding): Finding {
  return finding.status === 'fail' && !isDeclared ? { ...finding, status: 'warn' } : finding;
}

/** What containerd says of its plugin for kubelet, or why it says nothing. Only root may ask. */
export type CriAnswer = { readonly cri: string | null } | { readonly problem: string };

export async function askCri(host: Host, socket: string, signal: AbortSignal): Promise<CriAnswer> {
  if ((await host.files.stat(socket)) === null) return { problem: `there is no socket ${socket}` };
  const result = await ctrOf(host, socket).run(criNamespace, ['plugins', 'ls'], { signal });
  return result.status === 0 ? { cri: parseCriStatus(result.stdout) } : { problem: whyNot(result) };
}

/** The status of the CRI service in the table that `ctr plugins ls` prints; null: it is not in it. Never throws. */
export function parseCriStatus(table: string): string | null {
  return /^io\.containerd\.grpc\.v1\s+cri\s+\S+\s+(\w+)/m.exec(table)?.[1] ?? null;
}
