import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialFiles, userData } from '../inputs.ts';
import { activeAt, etcOf, failedUnits, logins, logOf, statusOf } from '../inside.ts';
import type { Powered } from '../qemu.ts';
import { type Machine, openSite, type Site } from '../site.ts';
import { openStation, type Station } from '../station.ts';
import { timelineOf } from '../timeline.ts';

const edge = 'edge-first';
const address = '192.0.2.10';
const card = '52:54:00:5a:00:02';
const openPorts = [80, 443];
const closedPorts = [22, 2379, 6443, 8080, 10_250, 30_080];

let site: Site;
let station: Station;
let machine: Machine;
let powered: Powered;

beforeAll(async () => {
  site = await openSite({ autoApprove: true });
  station = await openStation({ addresses: ['192.0.2.1'], names: {} });
  machine = await site.machine('first-boot', { station: { mac: card, ports: await station.plug() } });
  const network = {
    version: 2,
    ethernets: {
      way: { match: { macaddress: machine.mac }, dhcp4: true },
      lan: { match: { macaddress: card }, addresses: [`${address}/24`], optional: true },
    },
  };
  machine.insert({ instanceId: 'i-first', userData: userData(site, { edgeName: edge }), network });
});
afterAll(async () => {
  await site.close();
  station.close();
});

describe('a machine that is switched on for the first time', () => {
  it('goes from its image to hand-off, and nobody logs in', async () => {
    powered = await machine.powerOn();
    const node = await site.nodeIn(edge, 'ready');
    expect(await site.admin.registrations({ edge })).toMatchObject([{ state: 'approved', nodeId: node.nodeId }]);
    expect(site.records.map(({ method, path, role }) => `${role} ${method} ${path.replace(/\?.*/, '')}`)).toEqual(
      expect.arrayContaining([
        'bootstrap POST /conjurer/v1/clusters/cluster-1/registrations',
        `node PUT /conjurer/v1/nodes/${node.nodeId}/activation`,
        `node PUT /conjurer/v1/nodes/${node.nodeId}/facts`,
        `node GET /conjurer/v1/nodes/${node.nodeId}/config`,
        `node PUT /conjurer/v1/nodes/${node.nodeId}/handoff`,
        `operator POST /conjurer/v1/operators/${node.nodeId}/heartbeat`,
      ]),
    );
    expect(site.records.filter(({ status }) => status === null || status >= 400)).toEqual([]);
    const events = await site.admin.events(node.nodeId);
    expect(JSON.stringify(events)).toContain('config_applied');

    await site.eventually(async () => ((await statusOf(powered))?.state === 'handed-off' ? true : null));
    expect(await failedUnits(powered)).toEqual([]);
    expect(await logins(powered)).toBe('');
    for (const { path } of credentialFiles(site)) {
      expect(await powered.probe.run(`test -e ${path}`), path).toMatchObject({ status: 1 });
    }
    expect(await powered.probe.run('test -e /run/issue.d/conjurer.issue')).toMatchObject({ status: 1 });
    expect(await powered.probe.read('systemctl is-active k8s-mgmt-operator')).toBe('active\n');
    const validated = await powered.probe.run('conjurer validate');
    expect(validated.status, validated.stdout).toBe(0);
  });

  it('lets nothing in but 80 and 443, from where packets come in', async () => {
    await powered.probe.read(listenOn([...openPorts, ...closedPorts.filter(port => port !== 22)]));
    expect(await station.knock(card, address, [...openPorts, ...closedPorts])).toEqual(held);
    // That all of them do answer is what the rules hold back: with a way around the rules each is open.
    await powered.probe.read(aroundTheRules('-I'));
    expect(await station.knock(card, address, closedPorts)).toEqual(all(closedPorts, 'open'));
    await powered.probe.read(aroundTheRules('-D'));
    expect(await station.knock(card, address, [...openPorts, ...closedPorts])).toEqual(held);
  });

  it('has its prompt, ssh and the whole boot before conjurer is through, none of them after it', async () => {
    const handedOff = (await timelineOf(powered)).handedOff;
    for (const unit of ['multi-user.target', 'ssh.service', 'getty.target', 'serial-getty@ttyS0.service']) {
      expect(await activeAt(powered, unit), unit).toBeLessThan(handedOff);
      expect(await powered.probe.read(`systemd-analyze critical-chain --no-pager ${unit}`)).not.toContain('conjurer');
    }
  });
});

describe('the same machine, switched on again', () => {
  it('changes nothing, is the same node, and closes before its network is up', async () => {
    const [before] = await site.admin.nodes({ edge });
    const timeline = await timelineOf(powered);
    const etc = await etcOf(powered);
    const lines = (await logOf(powered)).length;
    await powered.probe.run('systemctl --no-block poweroff');
    await powered.off;
    const requests = site.records.length;

    powered = await machine.powerOn();
    await site.eventually(async () => ((await statusOf(powered))?.state === 'handed-off' ? true : null));
    expect(await failedUnits(powered)).toEqual([]);
    expect(await etcOf(powered)).toBe(etc);
    const run = (await logOf(powered)).slice(lines);
    // The Controller is told of each boot; nothing else is done.
    expect(run.flatMap(({ changeId }) => changeId ?? [])).toEqual(['activation']);
    expect(run.at(-1)).toMatchObject({ msg: 'run-ended' });
    expect(await site.admin.nodes({ edge })).toMatchObject([
      { nodeId: before?.nodeId, state: 'ready', suspicions: [] },
    ]);
    expect(await site.admin.registrations({ edge })).toHaveLength(1);
    expect(site.records.slice(requests).filter(({ role }) => role === 'bootstrap')).toEqual([]);

    await powered.probe.read(listenOn([...openPorts, ...closedPorts.filter(port => port !== 22)]));
    expect(await station.knock(card, address, [...openPorts, ...closedPorts])).toEqual(held);
    const closedAt = await activeAt(powered, 'conjurer-firewall.service');
    expect(closedAt).not.toBeNull();
    expect(closedAt).toBeLessThan((await activeAt(powered, 'network-pre.target')) ?? 0);
    const again = await timelineOf(powered);
    process.stderr.write(`${timeline.text}\n\nthe second boot\n${again.text}\n`);
  });
});

const all = (ports: readonly number[], answer: string) => Object.fromEntries(ports.map(port => [port, answer]));
const held = { ...all(openPorts, 'open'), ...all(closedPorts, 'silence') };

/** Starts a program that accepts connections on these ports, and waits until it does. sshd has its own. */
function listenOn(ports: readonly number[]): string {
  const program = `import socket, time
open = [socket.create_server(("", port)) for port in ${JSON.stringify(ports)}]
print("listening", flush=True)
time.sleep(1e6)`;
  return `systemd-run --quiet --collect --unit=vm-listeners python3 -c '${program}'
for port in ${ports.join(' ')}; do
  until ss -Hltn "sport = :$port" | grep -q .; do sleep 0.2; done
done`;
}

function aroundTheRules(verb: '-I' | '-D'): string {
  const from = '-s 192.0.2.1 -j ACCEPT';
  return `iptables ${verb} INPUT ${from} && iptables -t mangle ${verb} PREROUTING ${from}`;
}
