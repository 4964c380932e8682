import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { type ClusterMachine, clusterMachine, controlPlane, token, worker } from '../support/cluster-machine.ts';

let machine: ClusterMachine;
const machines: ClusterMachine[] = [];

async function newMachine(): Promise<ClusterMachine> {
  machine = await clusterMachine();
  machines.push(machine);
  return machine;
}

afterEach(async () => {
  for (const { root } of machines.splice(0)) await endProcessesOf(root);
});

test('a cluster is made from nothing, and told phase by phase', async () => {
  await newMachine();
  const { status, said, text } = await machine.run();
  expect({ status, text }).toMatchObject({ status: 0 });

  expect(said.at(-1)).toEqual({
    type: 'proved',
    output: {
      distribution: 'kubeadm',
      role: 'control-plane',
      version: '1.20.2',
      nodeName: 'edge-1',
      kubeconfig: '/etc/kubernetes/admin.conf',
    },
  });
  const told = said.flatMap(one => (one.type === 'noted' ? [one.text] : []));
  const phases = ['certs', 'kubeconfig', 'kubelet-start', 'control-plane', 'etcd', 'addons'];
  expect(told).toEqual(phases.map(phase => `kubeadm init: ${phase}`));
  expect(await machine.read('/etc/cni/net.d/10-conjurer.conflist')).toBe(
    '{"ranges": [[{"subnet": "10.244.0.0/24"}]]}\n',
  );
  expect(await machine.calls()).toEqual(['init', 'init has ended']);
  expect(await machine.read('/calls')).toContain('--skip-phases=preflight,addon/coredns');
});

test('a second run changes nothing and leaves kubeadm alone', async () => {
  await newMachine();
  await machine.run();
  const before = await machine.read('/calls');
  const { status, said } = await machine.run();
  expect(status).toBe(0);
  expect(said.filter(one => one.type === 'change-applied')).toEqual([]);
  expect(await machine.read('/calls')).toBe(before);
});

test.each(['certs', 'kubeconfig', 'kubelet-start', 'control-plane', 'etcd', 'addons'])(
  'killed with kubeadm in its phase %s, it is made anew',
  async phase => {
    await newMachine();
    await machine.stopAt(phase);
    const run = machine.start('run');
    await run.told(`kubeadm init: ${phase}`);
    run.kill();
    await run.ended;
    await endProcessesOf(machine.root, 'kubeadm init');
    await machine.goOn();

    const { status, text } = await machine.run();
    expect({ status, text }).toMatchObject({ status: 0 });
    expect(await machine.calls()).toEqual(['init', 'reset', 'init', 'init has ended']);
    expect(JSON.parse((await machine.read('/var/lib/conjurer/cluster.json')) ?? '')).toMatchObject({ state: 'made' });
  },
);

test('a kubeadm that outlives its conjurer is waited for, and what it made is made anew', async () => {
  await newMachine();
  await machine.stopAt('etcd');
  const first = machine.start('run');
  await first.told('kubeadm init: etcd');
  first.kill();
  await first.ended;

  const second = machine.start('run');
  await machine.goOn();
  expect(await second.ended).toMatchObject({ status: 0 });
  expect(await machine.calls()).toEqual(['init', 'init has ended', 'reset', 'init', 'init has ended']);
});

test('reset takes the machine out of its cluster, and nothing of it is left', async () => {
  await newMachine();
  await machine.run();
  expect(await machine.start('reset').ended).toMatchObject({ status: 0 });
  const left = ['/etc/kubernetes/pki/ca.crt', '/var/lib/etcd/member', '/var/lib/kubelet/config.yaml'];
  const own = ['/etc/cni/net.d/10-conjurer.conflist', '/var/lib/conjurer/cluster.json'];
  for (const file of [...left, ...own])
    expect({ file, exists: await machine.exists(file) }).toEqual({ file, exists: false });
  expect(await machine.calls()).toEqual(['init', 'init has ended', 'reset']);
});

test('a worker joins by a token that is in no file, argument or line afterwards', async () => {
  await newMachine();
  const { status, said, text } = await machine.run(worker);
  expect({ status, text }).toMatchObject({ status: 0 });
  expect(said.at(-1)).toMatchObject({ output: { role: 'worker', kubeconfig: '/etc/kubernetes/kubelet.conf' } });

  expect(await machine.read('/config-given')).toContain(`token: "${token}"`);
  expect(await machine.read('/config-mode')).toBe('600\n');
  await machine.remove('/config-given');
  expect(text).not.toContain(token);
  await expect(promisify(execFile)('grep', ['-rlF', token, machine.root])).rejects.toMatchObject({
    code: 1,
    stdout: '',
  });
});

test('what kubeadm says of the token is told without it', async () => {
  await newMachine();
  await machine.put('/refuse-token', '');
  const { status, said, text } = await machine.run(worker);
  expect(status).toBe(75);
  expect(said.at(-1)).toMatchObject({ code: 'E_CLUSTER_FAILED', seen: 'the token <token> is not valid' });
  expect(text).not.toContain(token);
  expect(await machine.exists('/run/conjurer/kubeadm.yaml')).toBe(false);
});

test('a worker that the cluster still lists as ready is told who can take it off the list', async () => {
  await newMachine();
  await machine.put('/is-listed', '');
  expect((await machine.run(worker)).said.at(-1)).toMatchObject({
    code: 'E_CLUSTER_FAILED',
    next: 'on the control plane: kubectl delete node edge-1; then here: conjurer run',
  });
  await machine.remove('/is-listed');
  expect(await machine.run(worker)).toMatchObject({ status: 0 });
});

test('the cluster of somebody else is refused, and left as it is', async () => {
  await newMachine();
  await machine.put('/etc/kubernetes/kubelet.conf', 'of another cluster');
  const { status, said } = await machine.run();
  expect(status).toBe(78);
  expect(said.at(-1)).toMatchObject({ code: 'E_CLUSTER_FOREIGN', seen: '/etc/kubernetes/kubelet.conf' });
  expect(await machine.calls()).toEqual([]);
  expect(await machine.read('/etc/kubernetes/kubelet.conf')).toBe('of another cluster');
});

test('a cluster with another CA than the one that was made is somebody else’s', async () => {
  await newMachine();
  await machine.run();
  await machine.put('/etc/kubernetes/pki/ca.crt', 'another CA');
  expect((await machine.run()).said.at(-1)).toMatchObject({ code: 'E_CLUSTER_FOREIGN' });
});

test('a cluster of ours that has lost files is not made anew, since it may hold data', async () => {
  await newMachine();
  await machine.run();
  await machine.remove('/etc/kubernetes/admin.conf');
  const { said } = await machine.run();
  expect(said.at(-1)).toMatchObject({ code: 'E_CLUSTER_DAMAGED', seen: 'without /etc/kubernetes/admin.conf' });
  expect(await machine.calls()).toEqual(['init', 'init has ended']);
});

test('another configuration of the cluster is refused where one stands, another version is not', async () => {
  await newMachine();
  await machine.run();
  const { said } = await machine.run({ ...controlPlane, podSubnet: '10.200.0.0/16' });
  expect(said.at(-1)).toMatchObject({ code: 'E_CLUSTER_DIFFERS', seen: 'podSubnet 10.244.0.0/16' });
  expect(await machine.run({ ...controlPlane, kubernetesVersion: '1.20.9' })).toMatchObject({ status: 0 });
});

test.each([
  ['another distribution', { distribution: 'k3s' }, 'k3s'],
  ['another version than the image has', { kubernetesVersion: '1.21.0' }, '1.20.2'],
  ['a worker with nothing to join', { role: 'worker' }, 'no cluster.join'],
])('%s is refused before anything is done', async (_what, settings, seen) => {
  await newMachine();
  const { status, said } = await machine.run({ ...controlPlane, ...settings });
  expect(status).toBe(78);
  expect(said.at(-1)).toMatchObject({ code: 'E_CLUSTER_UNSUPPORTED', seen });
  expect(await machine.calls()).toEqual([]);
  expect(await machine.exists('/etc/sysctl.d/60-conjurer-kubernetes.conf')).toBe(false);
});

test('an image that lacks one of kubeadm’s images is refused by its name', async () => {
  await newMachine();
  await machine.images(['kube-apiserver:v1.20.2']);
  expect((await machine.run()).said.at(-1)).toMatchObject({
    code: 'E_CLUSTER_UNSUPPORTED',
    seen: 'without k8s.gcr.io/kube-proxy:v1.20.2',
  });
});

test('where the image has the name server of the cluster and crictl, kubeadm leaves nothing out', async () => {
  await newMachine();
  await machine.images(['kube-apiserver:v1.20.2', 'kube-proxy:v1.20.2', 'coredns:1.7.0']);
  await machine.put('/usr/bin/crictl', '', 0o755);
  expect(await machine.run()).toMatchObject({ status: 0 });
  expect(await machine.read('/calls')).not.toContain('--skip-phases=preflight');
  expect(await machine.read('/calls')).not.toContain('addon/coredns');
});

test('where the image says itself how pods are connected, nothing is written', async () => {
  await newMachine();
  await machine.put('/etc/cni/net.d/05-image.conflist', '{}');
  expect(await machine.run()).toMatchObject({ status: 0 });
  expect(await machine.exists('/etc/cni/net.d/10-conjurer.conflist')).toBe(false);
});

/** Programs of this tree, by their command line; all where none is given. */
async function endProcessesOf(root: string, name = ''): Promise<void> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'pid=,args=']);
  for (const line of stdout.split('\n')) {
    const [, pid, args = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    if (!args.includes(root) || !args.includes(name)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
