import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { standInSystemctl } from '../../bootstrap/host/local-host.ts';
import { temporaryTree } from './temporary-tree.ts';

/** A line of cluster-process.ts. */
export type Said = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface ClusterRun {
  /** The process has told this note; rejects where it ends before. */
  told(text: string): Promise<void>;
  /** As `kill -9`, of the process alone: a kubeadm that it has started goes on. */
  kill(): void;
  readonly ended: Promise<{ readonly status: number | null; readonly said: readonly Said[]; readonly text: string }>;
}

export const controlPlane = {
  distribution: 'kubeadm',
  kubernetesVersion: '1.20.2',
  role: 'control-plane',
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/12',
  controlPlaneEndpoint: null,
  join: null,
};
export const worker = {
  ...controlPlane,
  role: 'worker',
  join: { endpoint: '10.0.0.10:6443', caCertHashes: [`sha256:${'a'.repeat(64)}`] },
};
export const token = 'abcdef.0123456789abcdef';

export const facts = {
  hostname: 'Edge-1',
  nics: [{ name: 'eth0', addresses: ['10.0.0.11/24', 'fe80::1/64'], uplink: true }],
  routes: [{ destination: '0.0.0.0/0', gateway: '10.0.0.1', interface: 'eth0', metric: 100 }],
};

/** A tree with what an image for Kubernetes holds, whose programs are the small ones of stand-in/. */
export async function clusterMachine(): Promise<ClusterMachine> {
  const root = await temporaryTree();
  const install = async (from: string, to: string) => {
    const target = path.join(root, to);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(path.join(import.meta.dirname, 'stand-in', from), target);
    await chmod(target, 0o755);
  };
  await install('systemctl', standInSystemctl);
  await install('kubeadm', 'usr/bin/kubeadm');
  await install('ctr', 'usr/bin/ctr');
  await install('kubectl-node', 'usr/bin/kubectl');
  const machine = new ClusterMachine(root);
  await machine.put('/usr/bin/kubelet', '#!/bin/sh\nexec sleep 600\n', 0o755);
  await machine.put('/etc/systemd/system/kubelet.service', '[Service]\nExecStart=/usr/bin/kubelet\n');
  await machine.put('/etc/systemd/system/containerd.service', '[Service]\nExecStart=/usr/bin/containerd\n');
  await machine.put('/run/containerd/containerd.sock', '');
  await machine.put('/usr/share/conjurer/cni/10-conjurer.conflist', '{"ranges": [[{"subnet": "{{podCidr}}"}]]}\n');
  await machine.images(['kube-apiserver:v1.20.2', 'kube-proxy:v1.20.2']);
  return machine;
}

export class ClusterMachine {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async put(file: string, content: string, mode = 0o644): Promise<void> {
    await mkdir(path.dirname(path.join(this.root, file)), { recursive: true });
    await writeFile(path.join(this.root, file), content, { mode });
  }

  /** null: there is no such file. */
  read(file: string): Promise<string | null> {
    return readFile(path.join(this.root, file), 'utf8').catch(() => null);
  }

  remove(file: string): Promise<void> {
    return rm(path.join(this.root, file), { recursive: true, force: true });
  }

  async images(names: readonly string[]): Promise<void> {
    const row = (name: string) => `k8s.gcr.io/${name} a/type sha256:${'0'.repeat(64)} 1.0 MiB linux/amd64 -`;
    await this.put('/images', `REF TYPE DIGEST SIZE PLATFORMS LABELS\n${names.map(row).join('\n')}\n`);
  }

  /** What kubeadm was called with that changes a machine, and that it came to an end, in this order. */
  async calls(): Promise<string[]> {
    const lines = ((await this.read('/calls')) ?? '').split('\n').filter(line => line !== '');
    return lines.filter(line => !/^(version|config) /.test(line)).map(line => line.split(' --', 1)[0] ?? '');
  }

  /** The next kubeadm goes no further than this phase until `goOn`. */
  stopAt(phase: string): Promise<void> {
    return this.put('/stop-at', phase);
  }

  goOn(): Promise<void> {
    return this.remove('/stop-at');
  }

  start(action: 'run' | 'reset', settings: object = controlPlane): ClusterRun {
    const program = path.join(import.meta.dirname, 'cluster-process.ts');
    const child = spawn(process.execPath, [program, action], { stdio: ['pipe', 'pipe', 'inherit'] });
    const said: Said[] = [];
    let text = '';
    const waiting: { readonly text: string; resolve(): void; reject(error: Error): void }[] = [];
    createInterface({ input: child.stdout }).on('line', line => {
      text += `${line}\n`;
      const event = JSON.parse(line) as Said;
      said.push(event);
      for (const one of waiting) if (event.text === one.text) one.resolve();
    });
    child.stdin.end(JSON.stringify({ root: this.root, facts, settings, token: 'join' in settings ? token : null }));
    const ended = once(child, 'close').then(([status]) => {
      for (const one of waiting) one.reject(new Error(`it ended before it told "${one.text}":\n${text}`));
      return { status: status as number | null, said, text };
    });
    return {
      ended,
      told: wanted => new Promise((resolve, reject) => waiting.push({ text: wanted, resolve, reject })),
      kill: () => void child.kill('SIGKILL'),
    };
  }

  run(settings: object = controlPlane) {
    return this.start('run', settings).ended;
  }

  async exists(file: string): Promise<boolean> {
    return (await stat(path.join(this.root, file)).catch(() => null)) !== null;
  }
}
