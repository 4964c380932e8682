import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../../../agent/diagnostics/redaction/create-redactor.ts';

const redactor = createRedactor({ salt: Buffer.from('salt') });
const certificate = `-----BEGIN CERTIFICATE-----\n${randomBytes(600)
  .toString('base64')
  .replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----`;
const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();

describe('what support needs stays readable, and the last scan agrees', () => {
  it.each([
    'image: registry.k8s.io/pause@sha256:7031c1b283388d2c2e09b57badb803c05ebed362dc88d84b480cc47f72a21097',
    'kubeadm join 10.0.0.1:6443 --discovery-token-ca-cert-hash sha256:7031c1b283388d2c2e09b57badb803c05ebed362dc88d84b480cc47f72a21097',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'apiVersion: certificates.k8s.io/v1, authentication.k8s.io/v1, admissionregistration.k8s.io/v1, flowcontrol.apiserver.k8s.io/v1',
    'containerd github.com/containerd/containerd v1.7.24 88bf19b2105c8b17560993bee28a01ddc2f97182',
    'claim code ABCD-EFGH, fingerprint SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
    'inet 10.244.0.1/24 brd 10.244.0.255 scope global cni0, fe80::5054:ff:fe12:3456/64',
    'https://controller.example:8443/conjurer/v1/meta',
    'see http://x/y@z and a@b.example',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7tPjQh5fXqQ8wqFfZl0yJ5bHq0Lw2m1Yq6p6xkq2lD root@edge',
    certificate,
    JSON.stringify({ ca: certificate }),
    publicKey,
    `certificate-authority-data: ${Buffer.from(certificate).toString('base64')}`,
    'MountVolume.SetUp failed for volume "kube-api-access-x2x7k" : object "kube-system"/"kube-root-ca.crt" not registered',
    'secrets "registry" is forbidden: User "system:node:edge-1" cannot get resource "secrets" in API group ""',
    'Error: secret "registry-login" not found',
    '  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef:\n        name: db-login\n        key: password',
    'volumes:\n- name: token\n  projected:\n    sources:\n    - serviceAccountToken:\n        expirationSeconds: 3607\n        path: token',
    'imagePullSecrets:\n- name: registry-login',
    'secretName: kube-proxy-token\nautomountServiceAccountToken: false\nbootstrapTokenTTL: 24h0m0s',
    '--service-account-private-key-file=/etc/kubernetes/pki/sa.key --tls-private-key-file=/var/lib/kubelet/pki/kubelet.key',
    '--token-auth-file=/etc/x --authorization-mode=Node,RBAC --anonymous-auth=false',
    'client-key: /var/lib/kubelet/pki/kubelet-client-current.pem',
    'rules:\n- apiGroups: [""]\n  resources: ["secrets", "tokenreviews"]\n  verbs: ["get"]',
    'sshd: PasswordAuthentication no, password authentication failed for bob',
    'lock_passwd: true\nssh_pwauth: false',
    'key: node-role.kubernetes.io/control-plane\noperator: Exists',
    'PWD=/root OLDPWD=/home/bob',
    `password: $${'{DB_PASSWORD}'}`,
    '(combined from similar events): Failed to pull image: 401 Unauthorized, token expired',
    'etcd: advertise client URLs: https://10.0.0.1:2379, data dir /var/lib/etcd/member/snap',
    'node01.mycorp.example.com is NotReady',
    'session c2 of user root, seat0: pass 3 of 5, 12 tokens per second',
  ])('%s', text => {
    expect(redactor.text(text)).toEqual({ text, redactions: {} });
    const scan = redactor.finalScan();
    scan.push(Buffer.from(text));
    expect(scan.end()).toEqual([]);
  });

  it('only the secret goes of what it stands in', () => {
    const text = 'kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:aa';
    expect(redactor.redact(text)).toMatch(
      /^kubeadm join 10\.0\.0\.1:6443 --token <redacted:\S+ --discovery-token-ca-cert-hash sha256:aa$/,
    );
    expect(redactor.redact('GET https://bob:pw12@h.example/x?token=abc&b=2 HTTP/1.1')).toMatch(
      /^GET https:\/\/<redacted:userinfo:\w{8}>@h\.example\/x\?token=<redacted:token:\w{8}>&b=2 HTTP\/1\.1$/,
    );
    expect(redactor.redact('{"a":1,"password":"x\\"y","b":[2]}')).toMatch(
      /^\{"a":1,"password":"<redacted:password:\w{8}>","b":\[2\]\}$/,
    );
  });
});

describe('marks', () => {
  const tagOf = (salt: string, text: string) =>
    /<redacted:\w+:(\w{8})>/.exec(createRedactor({ salt: Buffer.from(salt) }).redact(text))?.[1];

  it('are the same for the same secret of one bundle, in whatever it stands', () => {
    expect(tagOf('a', 'password: hunter2')).toBe(tagOf('a', '{"password":"hunter2"}'));
    expect(tagOf('a', 'password: hunter2')).not.toBe(tagOf('a', 'password: hunter3'));
  });

  it('tell nothing about another bundle', () => {
    expect(tagOf('a', 'password: hunter2')).not.toBe(tagOf('b', 'password: hunter2'));
  });

  it('are left alone when they are met again', () => {
    const once = redactor.redact('password: hunter2\nAuthorization: Bearer abcdefgh12345678');
    expect(redactor.redact(once)).toBe(once);
  });

  it('are counted by rule', () => {
    expect(redactor.text('password: a1\npassword: b1\ntoken: c1').redactions).toEqual({ password: 2, token: 1 });
  });
});
