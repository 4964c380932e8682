import { afterAll, beforeAll, expect, it } from 'vitest';
import { formsOf } from '../../support/secret-forms.ts';
import { failedUnits, logins } from '../../vm/inside.ts';
import type { Powered } from '../../vm/qemu.ts';
import { worker } from '../configuration.ts';
import { driftOf, kubectl, nodesOf, podsOf } from '../inside-cluster.ts';
import { type Joined, joinData, placesOf } from '../join.ts';
import { type Member, neighbour, openPair, type Pair, stranger } from '../pair.ts';
import { controllerAddress, handedOff, pageOf } from '../place.ts';
import { recordOf } from '../record.ts';
import { trafficOf, trafficTable } from '../traffic.ts';

/** API server, etcd, kubelet: as the other nodes of a cluster need them. */
const ofPeers = { first: [2379, 6443, 10_250], second: [10_250] };
const page = /^default backend of this cluster, pod default-backend-/;

let pair: Pair;
let first: Powered;
let second: Powered;
let joined: Joined;

beforeAll(async () => {
  pair = await openPair();
});
afterAll(() => pair.close());

it('a second machine becomes a worker of the cluster that the first one is, by what the Controller says of it alone', async () => {
  const { site } = pair;
  first = await pair.first.machine.powerOn();
  await handedOff(first);
  await site.nodeIn(pair.first.edge, 'ready');

  joined = await joinData(first);
  const { token, ...rest } = joined;
  expect(rest).toEqual({ endpoint: `${pair.first.address}:6443`, caCertHashes: [expect.stringMatching(/^sha256:/)] });
  await site.admin.setConfig('cluster-1', worker(joined), pair.second.edge);
  const before = site.records.length;
  second = await pair.second.machine.powerOn();
  await handedOff(second);
  const node = await site.nodeIn(pair.second.edge, 'ready');
  show(
    'the Controller, seconds since the worker was discovered',
    recordOf(site.records.slice(before).filter(({ role }) => role !== 'operator')),
  );

  expect(node.handoff).toMatchObject({ operator: null, cluster: { role: 'worker', nodeName: pair.second.name } });
  expect(site.records.filter(({ status }) => status === null || status >= 400)).toEqual([]);
  for (const powered of [first, second]) {
    expect(await logins(powered)).toBe('');
    expect(await failedUnits(powered)).toEqual([]);
  }
});

it('both are ready, with a pod of each addon, and their operator sees both', async () => {
  const { site } = pair;
  const names = [pair.first.name, pair.second.name];
  await site.eventually(async () => {
    const nodes = await nodesOf(first);
    return names.every(name => nodes[name]) && (await podsOf(first)).every(({ ready }) => ready) ? true : null;
  });
  expect(Object.keys(await nodesOf(first)).sort()).toEqual(names);
  show('kubectl get nodes,pods -A', await kubectl(first, 'get nodes,pods -A -o wide'));
  const places = await placesOf(first);
  for (const addon of [
    'ingress/ingress',
    'kube-system/kube-proxy',
    'logging/log-forwarder',
    'monitoring/node-exporter',
  ]) {
    const pods = places.filter(({ name }) => name.replace(/-[a-z0-9]{5}$/, '') === addon);
    expect(pods.map(({ node }) => node).sort(), addon).toEqual(names);
  }
  await site.eventually(async () => {
    const [node] = await site.admin.nodes({ edge: pair.first.edge });
    return node?.operator?.cluster.nodesReady === 2 ? true : null;
  });
});

it('pods reach pods and services of the other node, both ways, and the API', async () => {
  await first.probe.read(podOnSecond(pair.second.name));
  await kubectl(first, '-n k8s-mgmt wait --for=condition=Ready pod/on-second --timeout=900s');
  const [backend] = (await placesOf(first)).filter(({ name }) => name.startsWith('ingress/default-backend-'));
  expect(backend?.node).toBe(pair.first.name);
  const [onSecond] = (await placesOf(first)).filter(({ name }) => name === 'k8s-mgmt/on-second');
  const service = async (name: string) => {
    const path = "-o jsonpath='{.spec.clusterIP}'";
    return kubectl(first, `-n ${name.replace('/', ' get service ')} ${path}`);
  };

  const [ofFirst, ofSecond] = ['deployment/k8s-mgmt-operator', 'pod/on-second'];
  expect(await fetched(ofFirst, `http://${onSecond?.address}:8080/`)).toBe('pod on the second node');
  expect(await fetched(ofFirst, `http://${await service('k8s-mgmt/on-second')}/`)).toBe('pod on the second node');
  expect(await fetched(ofSecond, `http://${backend?.address}:8080/healthz`)).toBe('ok\n');
  expect(await fetched(ofSecond, `http://${await service('ingress/default-backend')}/healthz`)).toBe('ok\n');
  expect(await apiFrom(ofSecond)).toBe('ok');
  expect(await pageOf({ site: pair.site, machine: pair.second.machine })).toMatch(page);
  show('routes', (await first.probe.read('ip route')) + (await second.probe.read('ip route')));
});

it('the nodes are open to their own network, and to nobody else on the segment', async () => {
  const { station } = pair;
  const knock = ({ mac }: Member, address: string, ports: readonly number[], from: string) =>
    station.knock(mac, address, ports, from);
  for (const [member, ports] of [
    [pair.first, ofPeers.first],
    [pair.second, ofPeers.second],
  ] as const) {
    expect(await knock(member, member.address, [80, ...ports], stranger)).toEqual({
      80: 'open',
      ...all(ports, 'silence'),
    });
    expect(await knock(member, member.address, [80, ...ports], neighbour)).toEqual(all([80, ...ports], 'open'));
  }
  // Who routes the network of the pods to a node is let through by the same address.
  const [pod] = (await placesOf(first)).filter(({ name }) => name === 'k8s-mgmt/on-second');
  expect(await knock(pair.second, pod?.address ?? '', [8080], stranger)).toEqual({ 8080: 'silence' });
  expect(await knock(pair.second, pod?.address ?? '', [8080], neighbour)).toEqual({ 8080: 'open' });
  const answers = (powered: Powered, address: string, port: number) =>
    powered.probe.run(`timeout 60 bash -c 'exec 3<>/dev/tcp/${address}/${port}'`);
  expect(await answers(second, pair.first.address, 6443)).toMatchObject({ status: 0 });
  expect(await answers(first, pair.second.address, 10_250)).toMatchObject({ status: 0 });
});

it('the token by which it joined is nowhere on the worker any more, and never came into a log or a bundle', async () => {
  expect(await tokenOnSecond()).toEqual([control]);

  await second.probe.run('journalctl -o cat --no-pager > /var/tmp/look/journal');
  const bundled = await second.probe.run('conjurer bundle --plaintext -o /var/tmp/of-worker.tar.gz');
  expect([0, 6], bundled.stderr).toContain(bundled.status);
  await second.probe.read('cd /var/tmp/look && tar -xzf ../of-worker.tar.gz && find . -name "*.gz" -exec gunzip {} +');
  expect(Number(await second.probe.read('find /var/tmp/look -type f | wc -l'))).toBeGreaterThan(50);
  expect(await tokenOnSecond('/var/tmp/look')).toEqual([control]);
});

it('a worker that somebody has reset joins again, by a token that is fetched for it', async () => {
  await second.probe.run('kubeadm reset -f');
  await kubectl(first, `delete node ${pair.second.name}`);
  const again = await second.probe.run('conjurer run');
  expect(again, again.stderr).toMatchObject({ status: 0 });
  await pair.site.eventually(async () => ((await nodesOf(first))[pair.second.name] === true ? true : null));
  expect(await tokenOnSecond()).toEqual([control]);
});

it('neither needs a change, and a node that goes takes its route along', async () => {
  expect(await driftOf(first)).toEqual([]);
  expect(await driftOf(second)).toEqual([]);
  const routes = () => first.probe.read('ip route show proto 107');
  expect(await routes()).toMatch(`via ${pair.second.address}`);
  await kubectl(first, `delete node ${pair.second.name}`);
  await pair.site.eventually(async () => ((await routes()) === '' ? true : null));
});

it('all of this was fetched from nowhere', async () => {
  await Promise.all([first.cut(), second.cut()]);
  const { site } = pair;
  const controller = `tcp ${controllerAddress}:${site.port}`;
  for (const [member, other] of [
    [pair.first, pair.second],
    [pair.second, pair.first],
  ] as const) {
    const traffic = trafficOf(member.machine.captures(), [member.machine.mac, member.mac]);
    show(`all that went over the cards of ${member.name}`, trafficTable(traffic));
    const cameFrom = (fits: (what: string) => boolean) =>
      traffic
        .filter(({ what, manner }) => ['called', 'name'].includes(manner) && fits(what))
        .reduce((sum, { cameBytes }) => sum + cameBytes, 0);
    // A pod of the other node answers by its own address.
    const isOther = (what: string) => what.includes(` ${other.address}:`) || / 10\.244\.\d+\.\d+:/.test(what);
    expect(cameFrom(what => what === controller)).toBeGreaterThan(0);
    expect(cameFrom(what => what !== controller && !isOther(what))).toBe(0);
  }
});

/** Files that hold the secret half of the token, as it is or in base64; one is put there that must be found. */
async function tokenOnSecond(where = everywhere): Promise<string[]> {
  const secret = joined.token.split('.')[1] ?? '';
  await second.probe.read(`mkdir -p /var/tmp/look && echo ${secret} > ${control}`);
  const { stdout } = await second.probe.run(`printf '%s\\n' ${formsOf(secret).join(' ')} | grep -lrFf - ${where}`);
  await second.probe.read(`rm ${control}`);
  return stdout.split('\n').filter(line => line !== '');
}

const control = '/var/tmp/look/control';
const everywhere = '--exclude-dir=containerd /boot /etc /home /opt /root /srv /tmp /var /run/conjurer /run/systemd';

const all = (ports: readonly number[], answer: string) => Object.fromEntries(ports.map(port => [port, answer]));

const node = '/usr/lib/k8s-mgmt-operator/node';

/** A program of Node.js in a pod of the operator's image, by its name in the operator's namespace; it may hold no ". */
function inPod(pod: string, program: string): Promise<string> {
  return kubectl(first, `-n k8s-mgmt exec ${pod} -- ${node} -e "${program}"`);
}

function fetched(pod: string, url: string): Promise<string> {
  return inPod(pod, `fetch('${url}').then(got => got.text()).then(text => process.stdout.write(text))`);
}

function apiFrom(pod: string): Promise<string> {
  return inPod(
    pod,
    `
    const { readFileSync } = require('node:fs');
    const account = '/var/run/secrets/kubernetes.io/serviceaccount/';
    const headers = { authorization: 'Bearer ' + readFileSync(account + 'token', 'utf8') };
    const { KUBERNETES_SERVICE_HOST: host } = process.env;
    require('node:https').get({ host, headers, path: '/readyz', ca: readFileSync(account + 'ca.crt') },
      answer => answer.pipe(process.stdout));`,
  );
}

const podOnSecond = (name: string) => `kubectl --kubeconfig /etc/kubernetes/admin.conf apply --server-side -f - <<'END'
apiVersion: v1
kind: Pod
metadata: { name: on-second, namespace: k8s-mgmt, labels: { app: on-second } }
spec:
  nodeName: ${name}
  containers:
    - name: answers
      image: conjurer.local/k8s-mgmt-operator:1.4.0
      command:
        - ${node}
        - -e
        - require('node:http').createServer((_, answer) => answer.end('pod on the second node')).listen(8080)
---
apiVersion: v1
kind: Service
metadata: { name: on-second, namespace: k8s-mgmt }
spec: { selector: { app: on-second }, ports: [{ port: 80, protocol: TCP, targetPort: 8080 }] }
END`;

function show(title: string, text: string): void {
  process.stderr.write(`\n${title}\n${text}\n`);
}
