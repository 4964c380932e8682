import type { BundleEntry } from '../../agent/diagnostics/bundle/entry.ts';
import type { Attempt } from '../../agent/diagnostics/flight-recorder/recording.ts';
import type { ReportInput } from '../../agent/diagnostics/report/input.ts';
import type { ValidationReport } from '../../bootstrap/components/report.ts';
import type { CheckResult, PreflightReport } from '../../bootstrap/preflight/check.ts';

/**
 * What a bundle holds of a machine whose disk filled up at the first boot: kubelet evicted pods and removed images, the
 * sandbox image among them, so that nothing starts any more. Two failures before the last start are in the recorder.
 */
export function failedBoot(more: Readonly<Record<string, string>> = {}): ReportInput {
  const documents: Readonly<Record<string, string>> = { ...evidence(), ...more };
  const entries: BundleEntry[] = [
    ...Object.entries(documents).map(([path, text]) => entry(path, { bytes: Buffer.byteLength(text) })),
    entry('network/nft.txt', {
      outcome: 'not-applicable',
      reason: 'nft is not on this machine',
      source: 'nft list ruleset',
    }),
    entry('etcd/health.txt', { outcome: 'timed-out', reason: 'no answer in 5 s', source: 'etcdctl endpoint health' }),
    entry('kubernetes/kubeadm/old.yaml', { outcome: 'withheld', reason: 'the last scan found a token in it' }),
    entry('journals/usage.txt', { outcome: 'failed', reason: 'exit status 1', exitStatus: 1 }),
  ];
  return {
    edgeName: 'edge-0042',
    madeAt: new Date('2026-11-22T08:31:40.000Z'),
    bootedAt: new Date('2026-11-22T08:00:02.000Z'),
    image: { name: 'edge-k8s', version: '1.31.2', buildId: '20261101.3' },
    agentVersion: '0.1.0',
    preflight: preflight(),
    validation: validation(),
    status: {
      schema: 'conjurer.status/v1',
      state: 'failed',
      edgeName: 'edge-0042',
      nodeId: null,
      registrationId: null,
      claimCode: null,
      keyFingerprint: null,
      stages: [
        { name: 'facts', state: 'done', since: '2026-11-22T08:01:07.300Z', detail: null },
        { name: 'components', state: 'failed', since: '2026-11-22T08:03:41.900Z', detail: null },
        { name: 'register', state: 'pending', since: null, detail: null },
      ],
      waiting: null,
      lastError: {
        code: 'E_COMPONENTS',
        message: '2 components do not match: pause (missing), coredns (missing)',
        seen: 'pause: no such image in the store',
        wanted: 'registry.k8s.io/pause:3.10',
        check: null,
        next: 'conjurer validate --repair, then: conjurer run',
        at: '2026-11-22T08:03:41.900Z',
      },
      exitStatus: 5,
      pid: 812,
      startedAt: '2026-11-22T08:01:07.000Z',
      updatedAt: '2026-11-22T08:03:41.900Z',
      version: '0.1.0',
    },
    recordings: {
      run: {
        schema: 'conjurer.flight-recorder/v1',
        first: attempt('2026-11-22T06:10:11.000Z', '2026-11-22T06:42:09.000Z', {
          times: 1,
          retries: [
            {
              call: 'register',
              code: 'E_CONTROLLER_UNREACHABLE',
              times: 37,
              firstAt: '2026-11-22T06:10:20.000Z',
              lastAt: '2026-11-22T06:41:00.000Z',
            },
          ],
        }),
        recent: [
          attempt('2026-11-22T08:01:07.000Z', '2026-11-22T08:03:41.900Z', {
            error: {
              code: 'E_COMPONENTS',
              message: '2 components do not match: pause (missing), coredns (missing)',
              seen: 'pause: no such image in the store',
              wanted: 'registry.k8s.io/pause:3.10',
              check: null,
              next: 'conjurer validate --repair, then: conjurer run',
              data: { failed: 2 },
            },
          }),
        ],
        dropped: 0,
        open: null,
        settledAt: null,
      },
      preflight: null,
      validate: null,
    },
    entries,
    read: async path => documents[path] ?? null,
  };
}

export function entry(path: string, told: Partial<BundleEntry> = {}): BundleEntry {
  return {
    path,
    group: path.split('/')[0] ?? '',
    collector: path,
    source: path,
    outcome: 'ok',
    exitStatus: 0,
    ms: 12,
    bytes: 0,
    truncated: false,
    redactions: {},
    sha256: null,
    reason: null,
    ...told,
  };
}

function attempt(startedAt: string, endedAt: string, told: Partial<Attempt>): Attempt {
  return {
    command: 'run',
    version: '0.1.0',
    bootId: null,
    startedAt,
    endedAt,
    times: 1,
    stages: [{ name: 'register', state: 'interrupted', from: startedAt, to: endedAt }],
    retries: [],
    waits: [],
    error: null,
    checks: [],
    findings: [],
    ...told,
  };
}

function check(
  id: string,
  status: CheckResult['status'],
  observed: string,
  told: Partial<CheckResult> = {},
): CheckResult {
  return {
    id,
    title: id.replaceAll('-', ' '),
    phase: 'host',
    status,
    observed,
    required: null,
    why: '',
    fix: null,
    durationMs: 3,
    ...told,
  };
}

function preflight(): PreflightReport {
  return {
    schema: 'conjurer.preflight/v1',
    at: '2026-11-22T08:31:20Z',
    verdict: 'fail',
    checks: [
      check('root', 'pass', 'uid 0'),
      check('root-free', 'fail', '0.3 GiB of 39.1 GiB free on /', {
        title: 'the root file system has room',
        required: 'at least 10 GiB',
        fix: 'du -xh --max-depth=2 /var | sort -h | tail; remove what is not needed',
      }),
      check('memory', 'warn', '3.7 GiB', {
        required: 'at least 4 GiB',
        fix: 'give the VM more memory',
        waived: { reason: 'lab VM', author: 'J. Doe', expires: '2027-01-31' },
      }),
      check('fsync', 'error', 'the file for it could not be written: ENOSPC'),
      check('sandbox-image', 'fail', 'containerd wants registry.k8s.io/pause:3.10, which is not in its store', {
        title: 'the sandbox image is there',
        required: 'registry.k8s.io/pause:3.10',
        fix: 'conjurer validate --repair',
      }),
      check('default-route', 'pass', '10.0.0.1 by ens192'),
      check('raw-volume', 'skip', 'no storage role'),
    ],
  };
}

function validation(): ValidationReport {
  const image = (component: string, missing: boolean) => ({
    component,
    kind: 'containerd-image' as const,
    group: null,
    status: missing ? ('missing' as const) : ('ok' as const),
    problem: missing ? 'not-in-store' : 'none',
    observed: missing ? 'no such image in the store' : null,
    expected: missing ? `registry.k8s.io/${component}` : null,
    fix: missing ? 'conjurer validate --repair' : null,
    repairable: missing,
  });
  return {
    schema: 'conjurer.validate/v1',
    at: '2026-11-22T08:31:22Z',
    depth: 'quick',
    verdict: 'failed',
    manifest: {
      image: 'edge-k8s',
      version: '1.31.2',
      buildId: '20261101.3',
      builtAt: '2026-11-01T03:00:00Z',
      keyId: 'ab'.repeat(32),
      sha256: 'cd'.repeat(32),
    },
    findings: [image('pause', true), image('coredns', true), image('etcd', false), image('kube-apiserver', false)],
    repaired: [],
    readBytes: 0,
    durationMs: 210,
  };
}

function evidence(): Record<string, string> {
  const kubelet = (time: string, text: string) => `Nov 22 ${time} edge-0042 kubelet[1301]: ${text}`;
  const log = (time: string, msg: string, fields: object = {}) =>
    JSON.stringify({ level: 'info', time: `2026-11-22T08:${time}Z`, pid: 812, ...fields, msg });
  return {
    'conjurer/preflight.json': JSON.stringify(preflight(), null, 2),
    'conjurer/validate.json': JSON.stringify(validation(), null, 2),
    'conjurer/conjurer.log': [
      log('01:07.000', 'run-started', { command: 'run' }),
      log('01:07.020', 'stage-started', { stage: 'facts', mode: 'run' }),
      log('01:07.300', 'stage-verified', { stage: 'facts', mode: 'run', applied: 0 }),
      log('01:07.310', 'stage-started', { stage: 'network', mode: 'run' }),
      log('01:09.500', 'stage-verified', { stage: 'network', mode: 'run', applied: 2 }),
      log('01:09.510', 'stage-started', { stage: 'connectivity', mode: 'run' }),
      ...[10, 14, 22, 35, 58].map(second =>
        log(`01:${second}.000`, 'retrying', { call: 'say hello', code: 'E_CONTROLLER_UNREACHABLE', delayMs: 4000 }),
      ),
      log('02:20.000', 'stage-verified', { stage: 'connectivity', mode: 'run', applied: 0 }),
      log('02:20.010', 'stage-started', { stage: 'components', mode: 'run' }),
      log('03:41.900', 'stage-failed', { stage: 'components', error: 'E_COMPONENTS', reverted: false }),
      log('03:41.950', 'run-ended', { state: 'failed' }),
    ].join('\n'),
    'journals/kubelet.log': [
      kubelet('08:00:31', 'I1122 08:00:31.101 1301 server.go:467] "Kubelet version" kubeletVersion="v1.31.2"'),
      kubelet(
        '08:00:44',
        'W1122 08:00:44.512 1301 eviction_manager.go:368] "eviction manager: attempting to reclaim" resourceName="ephemeral-storage"',
      ),
      kubelet(
        '08:00:45',
        'I1122 08:00:45.020 1301 image_gc_manager.go:460] "Removing image to free bytes" imageID="sha256:873ed7510279" size=320368',
      ),
      kubelet(
        '08:00:59',
        'E1122 08:00:59.887 1301 remote_runtime.go:193] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = failed to get sandbox image \\"registry.k8s.io/pause:3.10\\": failed to pull image \\"registry.k8s.io/pause:3.10\\": failed to resolve reference \\"registry.k8s.io/pause:3.10\\": dial tcp 34.96.108.209:443: i/o timeout"',
      ),
      kubelet(
        '08:01:12',
        'E1122 08:01:12.003 1301 kubelet_node_status.go:108] "Unable to register node with API server" err="Post \\"https://10.0.0.10:6443/api/v1/nodes\\": dial tcp 10.0.0.10:6443: connect: connection refused"',
      ),
      kubelet(
        '08:01:13',
        'E1122 08:01:13.003 1301 kubelet_node_status.go:108] "Unable to register node with API server" err="Post \\"https://10.0.0.10:6443/api/v1/nodes\\": dial tcp 10.0.0.10:6443: connect: connection refused"',
      ),
    ].join('\n'),
    'journals/all.log': [
      'Nov 22 08:00:29 edge-0042 systemd[1]: Startup finished in 3.102s (kernel) + 4.220s (initrd) + 19.840s (userspace) = 27.163s.',
      'Nov 22 08:00:43 edge-0042 containerd[990]: time="2026-11-22T08:00:43Z" level=error msg="write /var/lib/containerd/tmpmounts: no space left on device"',
    ].join('\n'),
    'disks/df.txt': [
      'Filesystem                        Type   Size  Used Avail Use% Mounted on',
      '/dev/mapper/ubuntu--vg-ubuntu--lv ext4    40G   39G  310M 100% /',
      '/dev/sda2                         ext4   2.0G  250M  1.6G  14% /boot',
    ].join('\n'),
    'cloud-init/cloud-init-output.log': [
      "Cloud-init v. 23.1.2-0ubuntu0 running 'init-local' at Sun, 22 Nov 2026 08:00:09 +0000. Up 7.40 seconds.",
      "Cloud-init v. 23.1.2-0ubuntu0 running 'init' at Sun, 22 Nov 2026 08:00:14 +0000. Up 12.10 seconds.",
      "Cloud-init v. 23.1.2-0ubuntu0 running 'modules:config' at Sun, 22 Nov 2026 08:00:18 +0000. Up 16.30 seconds.",
      "Cloud-init v. 23.1.2-0ubuntu0 running 'modules:final' at Sun, 22 Nov 2026 08:00:24 +0000. Up 22.00 seconds.",
      'Cloud-init v. 23.1.2-0ubuntu0 finished at Sun, 22 Nov 2026 08:00:27 +0000. Datasource DataSourceOVF [seed=com.vmware.guestInfo]. Up 25.20 seconds',
    ].join('\n'),
    'network/routes.txt':
      'default via 10.0.0.1 dev ens192 proto static\n10.0.0.0/24 dev ens192 proto kernel scope link src 10.0.0.10\n',
  };
}
