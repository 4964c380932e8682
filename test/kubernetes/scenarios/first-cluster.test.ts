import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failedUnits, logins } from '../../vm/inside.ts';
import type { Powered } from '../../vm/qemu.ts';
import { timelineOf } from '../../vm/timeline.ts';
import { bundleIn } from '../bundle-in.ts';
import { addonNames } from '../configuration.ts';
import { driftOf, kubectl, nodesOf, podsOf } from '../inside-cluster.ts';
import { controllerAddress, handedOff, openPlace, ownAddress, type Place, pageOf, stationCard } from '../place.ts';
import { recordOf } from '../record.ts';
import { trafficOf, trafficTable } from '../traffic.ts';

const nodePort = 30_080;
const podPort = 8080;
const openPorts = [80, 443];
const bundleFolders = [
  ...[
    'api',
    'certificates',
    'clock',
    'cloud-init',
    'cni',
    'conjurer',
    'disks',
    'etcd',
    'identity',
    'image',
    'journals',
  ],
  ...['kernel', 'kubernetes', 'memory', 'network', 'packages', 'platform', 'pods', 'runtime', 'units'],
];
const closedPorts = [22, 2379, 2380, 6443, 9100, 10_250, nodePort];

let place: Place;
let powered: Powered;

beforeAll(async () => {
  place = await openPlace('first-cluster', { autoApprove: true });
});
afterAll(() => place.close());

describe('a machine that is switched on for the first time', () => {
  it('becomes a cluster of preloaded parts, and is handed over to its operator', async () => {
    const { site, machine, edge } = place;
    powered = await machine.powerOn();
    await handedOff(powered);
    const node = await site.nodeIn(edge, 'ready');
    show('the Controller, seconds since the machine was discovered', recordOf(site.records));
    show('the boot', (await timelineOf(powered)).text);

    expect(await nodesOf(powered)).toEqual({ 'first-cluster': true });
    await everyPodRuns();
    show('kubectl get pods -A', await kubectl(powered, 'get pods -A -o wide'));
    expect(node.handoff).toMatchObject({
      cluster: { distribution: 'kubeadm', version: '1.20.2', role: 'control-plane', nodeName: 'first-cluster' },
      operator: { name: 'k8s-mgmt-operator', ready: true },
    });
    const isHeartbeat = ({ path }: { path: string }) => path.endsWith('/heartbeat');
    const isReady = ({ path, status }: { path: string; status: number | null }) =>
      path.endsWith('/handoff') && status === 200;
    expect(site.records.find(isHeartbeat)).toMatchObject({ role: 'operator', status: 202 });
    expect(site.records.findIndex(isHeartbeat)).toBeLessThan(site.records.findIndex(isReady));
    expect(site.records.filter(({ status }) => status === null || status >= 400)).toEqual([]);
    expect(await logins(powered)).toBe('');
    expect(await failedUnits(powered)).toEqual([]);
  });

  it('leaves nothing of conjurer running but the timer of renewals', async () => {
    const properties = '-p ActiveState -p Result -p ExecMainStatus';
    expect(await powered.probe.read(`systemctl show ${properties} conjurer.service | sort`)).toBe(
      'ActiveState=inactive\nExecMainStatus=0\nResult=success\n',
    );
    expect(await powered.probe.read('systemctl is-active conjurer-renew.timer')).toBe('active\n');
  });

  it('has an operator that sees its cluster through the service of its API', async () => {
    await place.site.eventually(async () => {
      const [node] = await place.site.admin.nodes({ edge: place.edge });
      return node?.operator?.addons.every(({ ready }) => ready) ? true : null;
    });
    const [node] = await place.site.admin.nodes({ edge: place.edge });
    expect(node?.operator).toMatchObject({
      cluster: { nodesReady: 1, nodesTotal: 1, nodes: ['first-cluster'] },
      addons: expect.arrayContaining(addonNames.map(name => ({ name, ready: true }))),
    });
  });

  it('answers on port 80 through the ingress, and lets nothing in but 80 and 443', async () => {
    expect(await pageOf(place)).toMatch(/^default backend of this cluster, pod default-backend-/);
    await powered.probe.read(exposeNodePort);
    const pod = await kubectl(powered, "-n ingress get endpoints default-backend -o jsonpath='{.subsets..ip}'");
    const knockAtPod = () => place.station.knock(stationCard, pod, [podPort]);
    expect(await knock(closedPorts.concat(openPorts))).toEqual(held);
    expect(await knockAtPod()).toEqual(all([podPort], 'silence'));
    // That all of them do answer is what the rules hold back: with a way around the rules each is open.
    await powered.probe.read(aroundTheRules('-I'));
    expect(await knock(closedPorts)).toEqual(all(closedPorts, 'open'));
    expect(await knockAtPod()).toEqual(all([podPort], 'open'));
    await powered.probe.read(aroundTheRules('-D'));
    expect(await knock(closedPorts.concat(openPorts))).toEqual(held);
    expect(await knockAtPod()).toEqual(all([podPort], 'silence'));
  });

  it('has pods that reach services and the API', async () => {
    expect(await fromPod()).toBe('ok\n');
    expect(await apiFromPod()).toBe('ok');
  });

  it('needs no change, as long as nobody changes it', async () => {
    expect(await driftOf(powered)).toEqual([]);
  });
});

describe('the same machine, switched on again', () => {
  it('is the same cluster, as open and as closed as before', async () => {
    const { site, machine, edge } = place;
    const [before] = await site.admin.nodes({ edge });
    const requests = site.records.length;
    await powered.probe.run('systemctl --no-block poweroff');
    await powered.off;

    powered = await machine.powerOn();
    await handedOff(powered);
    show('the second boot', (await timelineOf(powered)).text);
    await site.eventually(async () => (Object.values(await nodesOf(powered)).every(ready => ready) ? true : null));
    await everyPodRuns();
    expect(await pageOf(place)).toMatch(/^default backend of this cluster/);
    expect(await knock(closedPorts.concat(openPorts))).toEqual(held);
    expect(await fromPod()).toBe('ok\n');
    expect(await apiFromPod()).toBe('ok');
    await site.eventually(async () =>
      site.records.slice(requests).some(({ path }) => path.endsWith('/heartbeat')) ? true : null,
    );
    expect(await driftOf(powered)).toEqual([]);
    expect(await failedUnits(powered)).toEqual([]);
    expect(await site.admin.nodes({ edge })).toMatchObject([
      { nodeId: before?.nodeId, state: 'ready', suspicions: [] },
    ]);
    expect(site.records.slice(requests).filter(({ role }) => role === 'bootstrap')).toEqual([]);
  });
});

describe('a bundle of the running cluster', () => {
  it('holds what support needs of it, and nothing of a Secret or a key', async () => {
    const { entries, secrets, leaked } = await bundleIn(powered);
    show('the bundle', entries.map(({ outcome, path, reason }) => [outcome, path, reason].join(' ')).join('\n'));
    expect(leaked).toEqual([]);
    expect(secrets).toBeGreaterThan(10);
    const there = new Set(entries.filter(({ outcome }) => outcome === 'ok').map(({ path }) => path.split('/')[0]));
    expect([...there]).toEqual(expect.arrayContaining(bundleFolders));
    expect(entries.filter(({ outcome }) => outcome === 'withheld')).toEqual([]);
  });
});

describe('all of this', () => {
  it('was fetched from nowhere', async () => {
    await powered.cut();
    const { site, machine } = place;
    const traffic = trafficOf(machine.captures(), [machine.mac, stationCard]);
    show('all that went over its cards, both boots', trafficTable(traffic));
    const controller = `tcp ${controllerAddress}:${site.port}`;
    expect(traffic.find(({ what }) => what === controller)?.cameBytes).toBeGreaterThan(0);
    const others = traffic.filter(({ what, manner }) => what !== controller && ['called', 'name'].includes(manner));
    expect(others.reduce((sum, { cameBytes }) => sum + cameBytes, 0)).toBe(0);
  });
});

const all = (ports: readonly number[], answer: string) => Object.fromEntries(ports.map(port => [port, answer]));
const held = { ...all(openPorts, 'open'), ...all(closedPorts, 'silence') };

const knock = (ports: readonly number[]) => place.station.knock(stationCard, ownAddress, ports);

/** What a name gets from a Deployment or DaemonSet: Kubernetes leaves out the vowels. */
const generated = /(-[b-df-hj-np-tv-z2-9]{8,10})?-[b-df-hj-np-tv-z2-9]{5}$/;

async function everyPodRuns(): Promise<void> {
  const pods = await place.site.eventually(async () => {
    const found = await podsOf(powered);
    return found.every(({ ready }) => ready) ? found : null;
  });
  const names = pods.map(({ name }) => name.replace(generated, '')).sort();
  expect(names).toEqual([
    'ingress/default-backend',
    'ingress/ingress',
    'k8s-mgmt/k8s-mgmt-operator',
    ...['etcd', 'kube-apiserver', 'kube-controller-manager'].map(name => `kube-system/${name}-first-cluster`),
    'kube-system/kube-proxy',
    'kube-system/kube-scheduler-first-cluster',
    'logging/log-forwarder',
    'monitoring/node-exporter',
  ]);
}

/** What the operator's pod, which is on the pods' own network, gets of the service of the default backend. */
async function fromPod(): Promise<string> {
  const address = await kubectl(powered, "-n ingress get service default-backend -o jsonpath='{.spec.clusterIP}'");
  return inPod(`fetch('http://${address}/healthz').then(got => got.text()).then(text => process.stdout.write(text))`);
}

/** What it gets of the API server. */
function apiFromPod(): Promise<string> {
  return inPod(`
    const { readFileSync } = require('node:fs');
    const account = '/var/run/secrets/kubernetes.io/serviceaccount/';
    const headers = { authorization: 'Bearer ' + readFileSync(account + 'token', 'utf8') };
    const { KUBERNETES_SERVICE_HOST: host } = process.env;
    require('node:https').get({ host, headers, path: '/readyz', ca: readFileSync(account + 'ca.crt') },
      answer => answer.pipe(process.stdout));`);
}

function inPod(program: string): Promise<string> {
  const node = '/usr/lib/k8s-mgmt-operator/node';
  return kubectl(powered, `-n k8s-mgmt exec deployment/k8s-mgmt-operator -- ${node} -e "${program}"`);
}

const exposeNodePort = `kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - <<'END'
apiVersion: v1
kind: Service
metadata: { name: exposed, namespace: ingress }
spec:
  type: NodePort
  selector: { app.kubernetes.io/name: default-backend }
  ports: [{ port: 80, protocol: TCP, targetPort: 8080, nodePort: ${nodePort} }]
END
until iptables-save -t nat | grep -q -- '--dport ${nodePort} '; do sleep 1; done`;

function aroundTheRules(verb: '-I' | '-D'): string {
  const from = '-s 192.0.2.1 -j ACCEPT';
  return ['filter INPUT', 'mangle PREROUTING', 'mangle FORWARD']
    .map(place => place.split(' '))
    .map(([table, chain]) => `iptables -t ${table} ${verb} ${chain} ${from}`)
    .join(' && ');
}

function show(title: string, text: string): void {
  process.stderr.write(`\n${title}\n${text}\n`);
}
