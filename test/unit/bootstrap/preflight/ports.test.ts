import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localHost } from '../../../../bootstrap/host/local-host.ts';
import { judgePort } from '../../../../bootstrap/preflight/checks/ports.ts';
import { holdersOf, listeningOn, parseHolders, parseSockets } from '../../../../bootstrap/preflight/listening.ts';
import { changed, checkOn } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n';
/** nginx on 0.0.0.0:6443, a connection from port 2379, sshd on 22: as Ubuntu 18.04 shows it. */
const tcp = `${head}   0: 00000000:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21044 1 ffff9e5fb8a0 100 0 0 10 0
   1: 0B00140A:094B 0500140A:D431 01 00000000:00000000 00:00000000 00000000     0        0 21045 1 ffff9e5fb8a1 100 0 0 10 0
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21046 1 ffff9e5fb8a2 100 0 0 10 0
`;
/** kubelet on [::]:10250, something on [2001:db8::10]:10257. */
const tcp6 = `${head}   0: 00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3001 1 0 100 0 0 10 0
   1: B80D0120000000000000000010000000:2811 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3002 1 0 100 0 0 10 0
`;
/** The stub of systemd-resolved. */
const udp = `${head}  353: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 17711 2 0 0\n`;
const files = { '/proc/net/tcp': tcp, '/proc/net/tcp6': tcp6, '/proc/net/udp': udp };

const machine = changed(machines['ubuntu-18.04'], {
  files: {
    ...files,
    '/proc/812/cgroup': '9:memory:/system.slice/nginx.service\n1:name=systemd:/system.slice/nginx.service\n0::/\n',
    '/proc/733/cgroup': '0::/system.slice/systemd-resolved.service\n',
    '/proc/4001/cgroup': '0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-3f.scope\n',
  },
  answers: {
    'ss -H -l -n -p -t sport = :6443': {
      stdout: 'LISTEN 0 511 0.0.0.0:6443 0.0.0.0:* users:(("nginx",pid=812,fd=6))\n',
    },
    'ss -H -l -n -p -t sport = :10250': { stdout: 'LISTEN 0 128 *:10250 *:* users:(("kubelet",pid=990,fd=20))\n' },
    'ss -H -l -n -p -u sport = :53': {
      stdout: 'UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=733,fd=12))\n',
    },
    ss: {},
  },
});

describe('a captured machine', () => {
  it('names the process and the service that hold a port, and how to end them', async () => {
    expect(await checkOn('port-6443', machine)).toMatchObject({
      status: 'fail',
      observed: 'tcp 0.0.0.0 port 6443 is held by nginx (process 812, nginx.service)',
      fix: 'systemctl disable --now nginx.service',
    });
  });

  it('a connection is not a server', async () => {
    expect(await checkOn('port-2379', machine)).toMatchObject({ status: 'pass', observed: 'free' });
  });

  it('what ss does not name is still seen, by every user', async () => {
    const seen = await checkOn('port-10257', machine);
    expect(seen.observed).toBe('tcp [2001:db8::10] port 10257 is held by a process that this system does not name');
    const asNobody = await checkOn('port-10257', changed(machine, { uid: 65534 }));
    expect(asNobody).toMatchObject({
      status: 'fail',
      fix: 'sudo ss -lntup "sport = :10257" names the process; end it',
    });
    expect(asNobody.observed).toContain('a process that only root can see');
  });

  it("the node's own program is right on a node, and wrong before", async () => {
    expect((await checkOn('port-10250', machine)).status).toBe('fail');
    expect(await checkOn('port-10250', changed(machine, { isEnrolled: true }))).toMatchObject({
      status: 'pass',
      observed: 'tcp [::] port 10250 is held by kubelet (process 990)',
    });
    expect((await checkOn('port-6443', changed(machine, { isEnrolled: true }))).status).toBe('fail');
  });

  it('port 53 is looked at only where a name server is to come, over TCP and UDP', async () => {
    expect((await checkOn('port-53', machine)).status).toBe('skip');
    const asked = changed(machine, { requirements: { nameServerPort: true } });
    expect(await checkOn('port-53', asked)).toMatchObject({
      status: 'fail',
      observed: 'udp 127.0.0.53 port 53 is held by systemd-resolve (process 733, systemd-resolved.service)',
    });
    expect((await checkOn('port-53', asked)).fix).toContain('DNSStubListener=no');
  });

  it('without /proc/net nothing is claimed to be free', async () => {
    const closed = changed(machine, { files: { '/proc/net/tcp': null, '/proc/net/tcp6': null } });
    expect((await checkOn('port-6443', closed)).status).toBe('error');
  });
});

it.each(['', 'nonsense', head, ' 0: XYZ:1 0:0 0A'])('"%s" holds no socket', text => {
  expect(parseSockets(text, 'tcp')).toEqual([]);
});

it('each process is named once, whatever its name', () => {
  const line =
    'LISTEN 0 128 [::]:80 [::]:* users:(("my (odd) name",pid=7,fd=3),("my (odd) name",pid=7,fd=4),("b",pid=8,fd=1))';
  expect(parseHolders(line)).toEqual([
    { name: 'my (odd) name', pid: 7 },
    { name: 'b', pid: 8 },
  ]);
});

describe('this very machine', () => {
  let server: ChildProcess;
  let port: number;
  beforeAll(async () => {
    const program =
      "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))";
    server = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (server.stdout === null) throw new Error('no output');
    const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    port = Number(line);
  });
  afterAll(() => void server.kill('SIGKILL'));

  it('shows who really holds a port that is really taken, and nobody when it is free again', async () => {
    const host = localHost({ root: '/' });
    const taken = await listeningOn(host.files, port, ['tcp']);
    expect(taken).toEqual([{ protocol: 'tcp', address: '127.0.0.1', port }]);
    const holders = await holdersOf(host, host.files, port);
    expect(holders.map(({ pid }) => pid)).toEqual([server.pid]);
    const judged = judgePort(
      { port, program: 'etcd' },
      { taken: taken ?? [], holders, isRoot: true, isEnrolled: false },
    );
    expect(judged.observed).toContain(`is held by ${holders[0]?.name} (process ${server.pid}`);
    server.kill('SIGKILL');
    await once(server, 'exit');
    expect(await listeningOn(host.files, port, ['tcp'])).toEqual([]);
  });
});
