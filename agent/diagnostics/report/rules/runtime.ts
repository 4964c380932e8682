import { badCheck, containerdLog, failedCheck, kubeletLog, line, lineAnd, type Rule } from './rule.ts';

/** containerd, its images, and what kubelet needs of it. */
export const runtimeRules: readonly Rule[] = [
  {
    id: 'sandbox-image-missing',
    weight: 'cause',
    title: 'the sandbox image is not on this machine, so no pod can start',
    why: 'Every pod begins with it. Without a registry it cannot be pulled, and must be preloaded under the very name that containerd is configured with.',
    who: 'technician',
    next: 'conjurer validate --repair, then: conjurer run',
    needs: [
      [
        lineAnd(containerdLog, /pause/, 'failed to get sandbox image'),
        lineAnd(containerdLog, /pause[:@].*(failed|error)|(failed|error).*pause[:@]/i, 'failed to pull'),
        failedCheck('sandbox-image'),
      ],
    ],
    backing: [{ kind: 'component', component: /(^|[/-])pause/ }, line(/^runtime\/sandbox-image\.txt$/, 'pause')],
    explains: ['component-altered', 'api-server-down', 'image-not-there', 'kubelet-cannot-register', 'cni-not-ready'],
  },
  {
    id: 'containerd-config-invalid',
    weight: 'cause',
    title: 'containerd does not accept its configuration',
    why: 'It does not start, or starts without what Kubernetes speaks to.',
    who: 'technician',
    next: 'containerd config dump; correct /etc/containerd, then: systemctl restart containerd && conjurer run',
    needs: [
      [
        lineAnd(
          containerdLog,
          /containerd/,
          'failed to load TOML',
          'failed to unmarshal TOML',
          'invalid disabled plugin URI',
        ),
        lineAnd(containerdLog, /\/etc\/containerd/, 'failed to load config', 'unsupported config version'),
        lineAnd(containerdLog, /RuntimeService|ImageService/, 'unknown service runtime.v1'),
        line(/^runtime\/containerd\.toml$/, 'disabled_plugins = ["cri"]', "disabled_plugins = ['cri']"),
      ],
    ],
    backing: [failedCheck('container-runtime'), line(/^units\/failed\.txt$/, 'containerd.service')],
    explains: ['containerd-down', 'api-server-down', 'kubelet-cannot-register', 'unit-failed'],
  },
  {
    id: 'containerd-down',
    weight: 'cause',
    title: 'containerd does not answer',
    why: 'kubelet can neither start nor see a container.',
    who: 'technician',
    next: 'systemctl status containerd; journalctl -b -u containerd',
    needs: [
      [
        failedCheck('container-runtime'),
        lineAnd(
          kubeletLog,
          /no such file or directory|connection refused|context deadline exceeded/,
          'containerd.sock',
        ),
      ],
    ],
    backing: [line(/^units\/failed\.txt$/, 'containerd.service')],
    explains: ['api-server-down', 'kubelet-cannot-register', 'unit-failed'],
  },
  {
    id: 'cgroup-driver-differs',
    weight: 'cause',
    title: 'kubelet and containerd disagree about who manages cgroups',
    why: 'Containers are started and stopped again and again, the control plane among them.',
    who: 'image-builder',
    next: 'set SystemdCgroup of containerd and cgroupDriver of kubelet to the same (systemd), then restart both',
    needs: [
      [
        failedCheck('cgroup-driver'),
        lineAnd(
          kubeletLog,
          /cgroup driver/,
          'is different from docker cgroup driver',
          'misconfiguration: kubelet cgroup',
        ),
        line(containerdLog, 'expected cgroupsPath to be of format "slice:prefix:name"'),
      ],
    ],
    explains: ['api-server-down'],
  },
  {
    id: 'image-not-there',
    weight: 'sign',
    title: 'an image that a pod needs is not on this machine and cannot be pulled',
    why: 'Preloaded images are lost by clean-up when the disk gets full, or are there under another name.',
    who: 'technician',
    next: 'conjurer validate; with findings that can be mended: conjurer validate --repair',
    needs: [
      [
        line(kubeletLog, 'ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull'),
        line(containerdLog, 'failed to pull and unpack image', 'failed to resolve reference'),
      ],
    ],
  },
  {
    id: 'image-incomplete',
    weight: 'cause',
    title: 'an image in the store is incomplete',
    why: 'A part of it was never imported, or was lost when the power went.',
    who: 'technician',
    next: 'conjurer validate --deep; then: conjurer validate --repair',
    needs: [
      [
        lineAnd(containerdLog, /content digest sha256:\S+ ?not found|content digest sha256:/, 'content digest'),
        line(containerdLog, 'exec format error'),
      ],
    ],
    explains: ['api-server-down'],
  },
  {
    id: 'cni-not-ready',
    weight: 'sign',
    title: 'the network of pods is not set up',
    why: 'Before the cluster has its network add-on that is to be expected; afterwards its pods do not run.',
    who: 'technician',
    next: 'ls /etc/cni/net.d /opt/cni/bin; crictl ps -a',
    needs: [[line(kubeletLog, 'cni plugin not initialized', 'no networks found in /etc/cni/net.d')]],
  },
  {
    id: 'component-altered',
    weight: 'cause',
    title: 'components are not what the signed manifest of the image says',
    why: 'Something was removed, damaged or replaced since the image was built.',
    who: 'technician',
    next: 'conjurer validate; what can be mended: conjurer validate --repair; then: conjurer run',
    needs: [[{ kind: 'component' }]],
    backing: [badCheck('quick-validation', 'manifest')],
  },
];
