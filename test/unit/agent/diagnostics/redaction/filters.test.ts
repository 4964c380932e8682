import { describe, expect, it } from 'vitest';
import {
  filterConjurerConfig,
  filterContainerdConfig,
  filterNetplan,
} from '../../../../../agent/diagnostics/redaction/filters/host.ts';
import {
  filterKubeadmConfig,
  filterKubeletConfig,
  filterKubernetesObjects,
} from '../../../../../agent/diagnostics/redaction/filters/kubernetes.ts';
import { filterUserData } from '../../../../../agent/diagnostics/redaction/filters/user-data.ts';

const needle = 'CANARYcanary1';

describe('a structured file passes without its secrets, whatever they look like', () => {
  it.each<[string, (text: string) => string, string, readonly string[]]>([
    [
      'kubelet',
      filterKubeletConfig,
      `kind: KubeletConfiguration\ncgroupDriver: systemd\nstaticPodURLHeader: {A: [${needle}]}\n`,
      ['cgroupDriver: systemd'],
    ],
    [
      'kubeadm',
      filterKubeadmConfig,
      `kind: InitConfiguration\nbootstrapTokens:\n- {token: ${needle}, ttl: 24h}\ncertificateKey: ${needle}\n---\nkind: ClusterConfiguration\nkubernetesVersion: v1.31.0\n`,
      ['ttl: 24h', 'kubernetesVersion: v1.31.0'],
    ],
    [
      'Secrets and Pods',
      filterKubernetesObjects,
      JSON.stringify({
        kind: 'List',
        items: [
          {
            kind: 'Secret',
            type: 'Opaque',
            metadata: { name: 's', annotations: { a: needle } },
            data: { 'a.b': needle },
          },
          { kind: 'ConfigMap', metadata: { name: 'm' }, data: { c: needle } },
          {
            kind: 'Pod',
            metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': needle } },
            spec: { containers: [{ image: 'pause:3.10', env: [{ name: 'A', value: needle }] }] },
          },
        ],
      }),
      ['a.b: 13 bytes', 'c: 13 bytes', 'image: pause:3.10', 'name: A'],
    ],
    [
      'containerd',
      filterContainerdConfig,
      `version = 2\nroot = "/var/lib/containerd"\n[plugins."io.containerd.grpc.v1.cri".registry.configs."r.io".auth]\npassword = "${needle}"\n[host."https://r.io".header]\nx = ["${needle}"]\n`,
      ['root = "/var/lib/containerd"', '[plugins."io.containerd.grpc.v1.cri".registry.configs."r.io"]'],
    ],
    [
      'netplan',
      filterNetplan,
      `network:\n  version: 2\n  ethernets: {eth0: {dhcp4: true, auth: {method: tls, password: ${needle}}}}\n  wifis: {w0: {access-points: {net: {password: ${needle}}}}}\n  tunnels: {wg0: {mode: wireguard, key: ${needle}, peers: [{endpoint: "h:1", keys: {public: PUB, shared: ${needle}}}]}}\n`,
      ['dhcp4: true', 'net:', 'mode: wireguard', 'public: PUB', 'endpoint: h:1'],
    ],
    [
      'conjurer.yaml',
      filterConjurerConfig,
      `edgeName: edge-1\nnewSetting: ${needle}\nproxy: {https: "http://bob:${needle}@proxy:3128", noProxy: [.svc], login: ${needle}}\n`,
      ['edgeName: edge-1', 'https: http://<omitted>@proxy:3128', '.svc', 'newSetting: "<omitted: 13 bytes>"'],
    ],
    [
      'user-data',
      filterUserData,
      `#cloud-config\npassword: ${needle}\nchpasswd:\n  list: |\n    a:${needle}\npackages: [aaaaaaaaaaaaaaa, ${needle}]\nwrite_files:\n- content: |\n    password=${needle}\n`,
      ['#cloud-config, ', 'chpasswd.list: string', 'packages: list of 2, '],
    ],
    ['a script as user-data', filterUserData, `#!/bin/sh\necho ${needle}\n`, ['#!, 29 bytes']],
  ])('%s', (_name, filter, text, stays) => {
    const clean = filter(text);
    expect(clean).not.toContain(needle);
    for (const part of stays) expect(clean).toContain(part);
  });

  it('no hash stands where it would give a password away', () => {
    const lines = filterUserData(
      `#cloud-config\nwrite_files:\n- content: "password=${needle}"\nruncmd:\n- echo a command of some length\n`,
    ).split('\n');
    expect(lines.find(line => line.startsWith('write_files:'))).not.toContain('sha256');
    expect(lines.find(line => line.startsWith('runcmd:'))).toContain('sha256');
  });

  it.each([
    ['yaml', filterKubeletConfig, 'a: [1'],
    [
      'aliases that grow',
      filterKubeletConfig,
      `a: &a [${'x,'.repeat(50)}]\n${[...'bcdefgh'].map((name, at) => `${name}: &${name} [${`*${'abcdefgh'[at]},`.repeat(50)}]`).join('\n')}`,
    ],
    ['toml', filterContainerdConfig, 'a = ['],
  ])('%s that cannot be read is withheld', (_name, filter, text) => {
    expect(() => filter(text)).toThrow(expect.objectContaining({ name: 'Withheld' }));
  });
});
