import { gzipSync } from 'node:zlib';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { collectors } from '../../../../../agent/diagnostics/bundle/collectors/all.ts';
import { encryptTo } from '../../../../../agent/diagnostics/bundle/encrypt.ts';
import { readKnownSecrets } from '../../../../../agent/diagnostics/bundle/known-secrets.ts';
import { createRedactor } from '../../../../../agent/diagnostics/redaction/create-redactor.ts';
import { localHost } from '../../../../../bootstrap/host/local-host.ts';
import { bundleOf, put, type Unpacked, unpackBytes } from '../../../../support/bundle.ts';
import { temporaryTree } from '../../../../support/temporary-tree.ts';
import { documents, fields, type Planted, privatePems, shapes, spellings } from '../redaction/secret-classes.ts';

/** One secret of every class that the redaction's own tests know, the same at each run. */
const classes = [...Object.entries(shapes), ...Object.entries(documents)];
const sampled: readonly Planted[] = [
  ...classes.flatMap(([, arbitrary], seed) => fc.sample(arbitrary, { numRuns: 1, seed: seed + 1 })),
  ...Object.keys(spellings).flatMap((spelling, seed) => fc.sample(fields(spelling), { numRuns: 3, seed })),
];
/** A password that is an English word would be found in any text. */
const planted = sampled.filter(({ needle }) => !/^[a-z]{1,16}$/i.test(needle));
/** Each in a file of its own: what one leaves open must not hide the next. */
const places: readonly ((number: number) => string)[] = [
  n => `/var/log/pods/kube-system_pod-${n}_uid/container/0.log`,
  n => `/var/log/conjurer/conjurer.log.${n}`,
  n => `/etc/netplan/${n}.yaml`,
  n => `/etc/kubernetes/manifests/${n}.yaml`,
  n => `/etc/kubernetes/kubeadm-${n}.yaml`,
  n => `/etc/cni/net.d/${n}.conflist`,
  n => `/etc/containerd/conf.d/${n}.toml`,
];
const single = [
  '/var/log/cloud-init.log',
  '/var/log/cloud-init-output.log',
  '/var/log/dpkg.log',
  '/etc/default/kubelet',
];

async function bundleOfTree(tree: string, privacy = false): Promise<Unpacked> {
  const identity = await generateIdentity();
  const knownSecrets = await readKnownSecrets(localHost({ root: tree }).files, ['/etc/conjurer/passphrase']);
  const redactor = createRedactor({ salt: Buffer.alloc(16, 3), knownSecrets, privacy });
  const made = await bundleOf(tree, collectors, { redactor });
  const encrypted: Uint8Array[] = [];
  for await (const part of await encryptTo([await identityToRecipient(identity)])(made.bytes())) encrypted.push(part);
  expect(Buffer.concat(encrypted).subarray(0, 22).toString()).toBe('age-encryption.org/v1\n');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return unpackBytes(Buffer.from(await decrypter.decrypt(Buffer.concat(encrypted))));
}

/** Every needle that is anywhere in a bundle: in names, in files, in what is packed once more. */
function survivors({ names, text }: Unpacked, needles: readonly string[]): string[] {
  const found: string[] = [];
  for (const name of names) {
    const content = text(name);
    for (const needle of needles)
      if (content.includes(needle) || name.includes(needle)) found.push(`${name}: ${needle}`);
  }
  return found;
}

it('of secrets of every class in a machine none survives in the decrypted bundle', async () => {
  const tree = await temporaryTree();
  for (const [at, { text }] of planted.entries()) {
    const place = places[at % places.length] ?? (() => '');
    await put(tree, place(at), `first line\n${text}\nlast line\n`);
    const packed = `/var/log/pods/kube-system_packed-${at}_uid/container/1.log.20260131-080000.gz`;
    if (at % 9 === 0) await put(tree, packed, gzipSync(`first line\n${text}\nlast line\n`));
  }
  for (const [at, path] of single.entries()) await put(tree, path, `${planted[at]?.text}\n`);
  const bundle = await bundleOfTree(tree);
  expect(bundle.names.length).toBeGreaterThan(100);
  expect(
    survivors(
      bundle,
      planted.map(({ needle }) => needle),
    ),
  ).toEqual([]);
}, 120_000);

it("nor do this machine's own secrets, wherever they stand and however they are written", async () => {
  const tree = await temporaryTree();
  const passphrase = 'correct horse battery staple 42';
  const joinState = 'node-7.12.8f14e45fceea167a5a36dedd4bea2543';
  const kubeToken = 'Zm9vYmFyYmF6cXV4MTIzNDU2';
  const pem = privatePems[0] ?? '';
  await put(tree, '/etc/conjurer/passphrase', `${passphrase}\n`, 0o400);
  await put(tree, '/var/lib/conjurer/node.key', pem, 0o600);
  await put(tree, '/var/lib/conjurer/join-state.json', JSON.stringify({ current: joinState, inFlight: null }), 0o600);
  await put(tree, '/etc/kubernetes/admin.conf', `users:\n- name: a\n  user:\n    token: ${kubeToken}\n`, 0o600);
  const lines = pem.trim().split('\n').slice(1, -1);
  const spoken = [passphrase, joinState, kubeToken, ...lines].flatMap(secret => [
    secret,
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
    JSON.stringify({ said: secret }),
  ]);
  const log = spoken.map((secret, at) => `line ${at} ${secret} end`).join('\n');
  await put(tree, '/var/log/conjurer/conjurer.log', `${log}\n`);
  await put(tree, `/var/log/pods/kube-system_${joinState}_uid/c/0.log`, 'the name holds it\n');
  await put(tree, '/var/lib/cloud/instance/user-data.txt', `#cloud-config\npassword: ${passphrase}\n`);
  const bundle = await bundleOfTree(tree);
  const needles = [passphrase, joinState, kubeToken, ...lines, Buffer.from(passphrase).toString('base64').slice(0, 30)];
  expect(survivors(bundle, needles)).toEqual([]);
  expect(bundle.text('conjurer/conjurer.log')).toMatch(/^line 0 <redacted:secret:[0-9a-f]{8}> end$/m);
  expect(bundle.text('cloud-init/user-data-structure.txt')).toMatch(/^#cloud-config, \d+ bytes\npassword: /);
});

it('the self-test itself finds what survives', async () => {
  const tree = await temporaryTree();
  await put(tree, '/var/log/dpkg.log', 'nothing secret, and a needle\n');
  expect(survivors(await bundleOfTree(tree), ['a needle'])).toEqual(['packages/dpkg.log: a needle']);
});

it('in privacy mode addresses and the names of the machine are others, and still the same for the same', async () => {
  const tree = await temporaryTree();
  await put(tree, '/var/log/dpkg.log', '10.1.2.3 and 10.1.2.3 and 10.1.2.4 and 52:54:00:12:34:56\n');
  const text = (await bundleOfTree(tree, true)).text('packages/dpkg.log');
  expect(text).not.toMatch(/10\.1\.2\.3|52:54:00:12:34:56/);
  const [first, second, third] = text.split(' and ');
  expect(first).toBe(second);
  expect(first).not.toBe(third);
});

it('what must stay readable stays', async () => {
  const tree = await temporaryTree();
  const readable = [
    `registry.k8s.io/pause@sha256:${'ab'.repeat(32)}`,
    'apiVersion: rbac.authorization.k8s.io/v1',
    `--discovery-token-ca-cert-hash sha256:${'cd'.repeat(32)}`,
    'kubelet v1.31.2, containerd 1.7.24',
    '10.0.0.10 answered in 12 ms',
  ];
  await put(tree, '/var/log/dpkg.log', `${readable.join('\n')}\n`);
  const text = (await bundleOfTree(tree)).text('packages/dpkg.log');
  for (const line of readable) expect(text).toContain(line);
});
