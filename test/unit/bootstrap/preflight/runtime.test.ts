import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Manifest } from '../../../../bootstrap/components/manifest.ts';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { judgeDrivers, kubeletDriver } from '../../../../bootstrap/preflight/checks/cgroup-driver.ts';
import { judgeRuntime } from '../../../../bootstrap/preflight/checks/container-runtime.ts';
import { judgeSandbox } from '../../../../bootstrap/preflight/checks/sandbox-image.ts';
import { asDeclared, findRuntime, parseCriStatus, type Runtime } from '../../../../bootstrap/preflight/cri.ts';
import { changed, checkOn } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';
import { temporaryTree } from '../../../support/temporary-tree.ts';

const manifest = Manifest.parse({
  schema: 'conjurer.manifest/v1',
  image: 'clusterimage-r-v1.3.0',
  version: '1.3.0',
  buildId: 'b-7',
  builtAt: '2026-01-31T08:00:00Z',
  minControllerVersion: '1.3.0',
  os: { id: 'ubuntu', versionId: '18.04', arch: 'amd64' },
  kubernetes: {
    version: '1.27.4',
    distribution: 'kubeadm',
    cgroupDriver: 'systemd',
    sandboxImage: 'registry.k8s.io/pause:3.9',
    criSocket: '/run/containerd/containerd.sock',
  },
  requirements: {},
  components: [
    {
      name: 'kubeadm.yaml',
      group: 'kubernetes',
      kind: 'config',
      path: '/etc/kubeadm.yaml',
      format: 'yaml',
      role: 'kubeadm',
      sha256: null,
      keys: {},
    },
  ],
  closed: [],
});

/** containerd 1.6 as Docker's package of Ubuntu 18.04 to 22.04 leaves it, 1.7 as kubeadm's guide has it, and 2.x. */
const configs = {
  docker: 'disabled_plugins = ["cri"]\n',
  v2: `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.9"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = true
`,
  v3: `version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = 'registry.k8s.io/pause:3.10'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = false
`,
  broken: 'version = 2\n[plugins\n',
};

async function runtimeOf(config: string | null, files: Readonly<Record<string, string>> = {}): Promise<Runtime> {
  const { host } = await treeWith(config === null ? files : { ...files, '/etc/containerd/config.toml': config });
  const runtime = await findRuntime(host, host.files, manifest);
  if (runtime === null) throw new Error('no runtime');
  return runtime;
}

async function treeWith(files: Readonly<Record<string, string>>) {
  const root = await temporaryTree();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { host: localHost({ root }) };
}

const active = { exists: true, enabled: true, active: true, detail: 'active (running)' };
const dead = { exists: true, enabled: true, active: false, detail: 'failed (exit-code)' };

describe('container-runtime', () => {
  it('answers, is told why it does not, or cannot be asked', async () => {
    const runtime = await runtimeOf(configs.v2);
    expect(judgeRuntime(runtime, active, { cri: 'ok' }).status).toBe('pass');
    // Where there is no systemd to ask, the answer counts.
    expect(judgeRuntime(runtime, null, { cri: 'ok' }).status).toBe('pass');
    expect(judgeRuntime(runtime, dead, { problem: 'there is no socket' })).toMatchObject({
      status: 'fail',
      observed: 'containerd.service: failed (exit-code)',
    });
    expect(judgeRuntime(runtime, active, { problem: 'containerd does not answer in time' })).toMatchObject({
      status: 'fail',
      observed: 'containerd does not answer in time',
    });
    expect(judgeRuntime(runtime, active, null)).toMatchObject({
      status: 'error',
      observed: expect.stringContaining('only root may ask'),
    });
    expect(judgeRuntime(runtime, { ...dead, exists: false }, null).fix).toContain('install containerd');
  });

  it('names what switched CRI off', async () => {
    const docker = judgeRuntime(await runtimeOf(configs.docker), active, { cri: null });
    expect(docker.observed).toBe(
      'containerd runs without its CRI plugin: disabled_plugins in /etc/containerd/config.toml holds cri',
    );
    expect(docker.fix).toContain('take it out of /etc/containerd/config.toml');
    const unlucky = judgeRuntime(await runtimeOf(configs.v2), active, { cri: 'error' });
    expect(unlucky.observed).toBe('the CRI plugin of containerd is error');
    expect(judgeRuntime(await runtimeOf(configs.broken), active, { cri: null }).observed).toContain('not TOML');
  });

  it('is waited for while it starts, and not for ever', async () => {
    const starting = { exists: true, active: false, detail: 'activating (start-pre)' };
    const machine = changed(machines['ubuntu-22.04'], {
      files: { '/lib/systemd/system/containerd.service': '[Service]\n' },
      units: { 'containerd.service': starting },
    });
    let asked = 0;
    Object.defineProperty(machine.units?.['containerd.service'], 'detail', {
      enumerable: true,
      get: () => {
        asked += 1;
        return asked < 2 ? 'activating (start-pre)' : 'inactive (dead)';
      },
    });
    const seen = await checkOn('container-runtime', machine);
    expect(seen).toMatchObject({ status: 'warn', observed: expect.stringContaining('containerd.service: ') });
    expect(asked).toBeGreaterThan(1);
  });

  it('blocks only where the image says that it needs one', async () => {
    const finding = { status: 'fail', observed: 'dead' } as const;
    expect(asDeclared({ isDeclared: true }, finding).status).toBe('fail');
    expect(asDeclared({ isDeclared: false }, finding).status).toBe('warn');
    const { host } = await treeWith({});
    expect(await findRuntime(host, host.files, null)).toBeNull();
    expect(await findRuntime(host, host.files, { ...manifest, kubernetes: null })).toBeNull();
  });
});

it.each([
  ['containerd 1.6', 'io.containerd.grpc.v1           cri                      linux/amd64    ok        ', 'ok'],
  [
    'containerd 1.7',
    'io.containerd.grpc.v1                     cri                       linux/amd64    error     ',
    'error',
  ],
  [
    'containerd 2.0',
    'io.containerd.cri.v1   images  -  ok\nio.containerd.grpc.v1           cri   -              ok        ',
    'ok',
  ],
  ['CRI switched off', 'io.containerd.grpc.v1           content   -              ok        ', null],
  ['nonsense', 'ctr: failed to dial', null],
])('the table of plugins of %s', (_, table, status) => {
  expect(parseCriStatus(table)).toBe(status);
});

describe('cgroup-driver', () => {
  const kubelet = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';
  const driversOf = async (config: string | null, files: Readonly<Record<string, string>>) => {
    const { host } = await treeWith(files);
    return judgeDrivers(await runtimeOf(config), await kubeletDriver(host.files, manifest));
  };

  it("kubelet's own file counts first, then that of kubeadm, then the manifest", async () => {
    const own = { '/var/lib/kubelet/config.yaml': `${kubelet}cgroupDriver: cgroupfs\n` };
    const kubeadm = { '/etc/kubeadm.yaml': `kind: InitConfiguration\n---\n${kubelet}` };
    expect((await driversOf(configs.v2, own)).observed).toContain('kubelet cgroupfs (/var/lib/kubelet/config.yaml)');
    expect((await driversOf(configs.v2, own)).status).toBe('fail');
    expect(await driversOf(configs.v2, kubeadm)).toMatchObject({
      status: 'pass',
      observed: 'containerd systemd (/etc/containerd/config.toml), kubelet systemd (/etc/kubeadm.yaml)',
    });
    expect((await driversOf(configs.v2, {})).observed).toContain("kubelet systemd (the image's manifest)");
    expect((await driversOf(configs.v2, { '/var/lib/kubelet/config.yaml': kubelet })).status).toBe('fail');
  });

  it('says which value to set, and where', async () => {
    const v3 = await driversOf(configs.v3, {});
    expect(v3.fix).toContain('set SystemdCgroup = true for the runtime runc in /etc/containerd/config.toml');
    const none = await driversOf(null, {});
    expect(none.observed).toContain('containerd cgroupfs (by default, since there is no /etc/containerd/config.toml)');
    expect((await driversOf(configs.broken, {})).status).toBe('fail');
    expect((await driversOf(configs.v2, { '/var/lib/kubelet/config.yaml': 'a: [' })).status).toBe('error');
  });
});

describe('sandbox-image', () => {
  const wanted = 'registry.k8s.io/pause:3.9';
  const record = (ref: string) => ({ ref, digest: `sha256:${'0'.repeat(64)}`, labels: {} });

  it('is asked for by the name under which it is preloaded', async () => {
    const runtime = await runtimeOf(configs.v2);
    expect(judgeSandbox(runtime, wanted, [record(wanted)]).status).toBe('pass');
    const gone = judgeSandbox(runtime, wanted, [record('registry.k8s.io/pause:3.6'), record('quay.io/x/etcd:3.5')]);
    expect(gone).toMatchObject({ status: 'fail', fix: 'conjurer validate --repair' });
    expect(gone.observed).toBe('registry.k8s.io/pause:3.9 is not there, but registry.k8s.io/pause:3.6');
    expect(judgeSandbox(runtime, wanted, []).observed).toBe('registry.k8s.io/pause:3.9 is not there');
  });

  it('another name in the configuration, or none, is told before anybody is asked', async () => {
    expect(judgeSandbox(await runtimeOf(configs.v3), wanted, null)).toMatchObject({
      status: 'fail',
      observed: 'containerd asks for registry.k8s.io/pause:3.10',
      required: wanted,
    });
    expect(judgeSandbox(await runtimeOf(null), wanted, null).observed).toContain('its own default');
    expect(judgeSandbox(await runtimeOf(null), null, null).status).toBe('skip');
    expect(judgeSandbox(await runtimeOf(configs.broken), wanted, null).status).toBe('fail');
  });

  it('what cannot be asked is not claimed', async () => {
    const runtime = await runtimeOf(configs.v2);
    expect(judgeSandbox(runtime, wanted, null)).toMatchObject({ status: 'error' });
    expect(judgeSandbox(runtime, wanted, 'containerd does not answer in time').observed).toContain('in time');
  });
});
