import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KUBERNETES_FILES } from '../../image/kubernetes/install.ts';
import { onRung } from '../binary/build/rung.ts';
import { type Namespaces, openNamespaces, whyNot } from './namespaces.ts';

const program = join(KUBERNETES_FILES, 'pod-routes');
const network = '/etc/cni/net.d/10-conjurer.conflist';
const own = 'ADDED|10.244.0.0/24|192.0.2.11';
/** Of somebody else, in the middle of the pods' network. */
const foreign = '10.244.9.0/24 via 192.0.2.19';

onRung('netns', await whyNot(), () => {
  let namespaces: Namespaces;
  let running: ChildProcess;
  let writers: ChildProcess[];

  beforeEach(async () => {
    namespaces = await openNamespaces();
    // A watch of nodes is what comes through the pipe, for as long as somebody holds it open.
    await namespaces.shell(`
      printf '#!/bin/sh\\n[ ! -e /run/away ] && exec cat /run/nodes\\necho >> /run/asked\\n' > /usr/local/sbin/kubectl
      printf '#!/bin/sh\\nexec /bin/sleep 0.1\\n' > /usr/local/sbin/sleep
      chmod 755 /usr/local/sbin/kubectl /usr/local/sbin/sleep
      mkfifo /run/nodes
      mkdir -p /etc/cni/net.d
      echo '{ "ranges": [[{ "subnet": "10.244.0.0/24" }]] }' > ${network}
      ip link add lan type veth peer name segment
      ip address add 192.0.2.11/24 dev lan
      ip link set segment up
      ip link set lan up
      ip route add ${foreign} proto static`);
    writers = [];
    running = namespaces.start(['env', 'PROTOCOL=107', 'RUNTIME_DIRECTORY=/run', 'sh', program], null);
  });
  afterEach(async () => {
    for (const one of [running, ...writers]) one.kill();
    await namespaces.close();
  });

  async function watch(): Promise<{ say(line: string): void; end(): Promise<void> }> {
    const writer = namespaces.start(['sh', '-c', 'exec cat > /run/nodes'], null);
    writers.push(writer);
    return {
      say: line => void writer.stdin?.write(`${line}\n`),
      end: async () => {
        writer.stdin?.end();
        await once(writer, 'exit');
      },
    };
  }

  const routes = async () =>
    (await namespaces.shell('ip -4 route show root 10.244.0.0/16'))
      .trim()
      .split('\n')
      .map(line => line.replace(/ dev lan/, '').trim())
      .sort();

  async function eventually(wanted: readonly string[]): Promise<void> {
    for (let seen = ''; seen !== wanted.join(); seen = (await routes()).join()) await delay(20);
  }

  const to = (range: string, address: string) => `${range} via ${address} proto 107`;
  const kept = `${foreign} proto static`;

  it('keeps a route to each other node as nodes come, move and go', async () => {
    const { say } = await watch();
    for (const line of [own, 'ADDED||192.0.2.14', 'ADDED|10.244.3.0/24|', 'ADDED|10.244.1.0/24|192.0.2.12']) say(line);
    await eventually([to('10.244.1.0/24', '192.0.2.12'), kept]);
    say('ADDED|10.244.2.0/24|192.0.2.13 2001:db8::13');
    await eventually([to('10.244.1.0/24', '192.0.2.12'), to('10.244.2.0/24', '192.0.2.13'), kept]);
    say('MODIFIED|10.244.1.0/24|192.0.2.22');
    await eventually([to('10.244.1.0/24', '192.0.2.22'), to('10.244.2.0/24', '192.0.2.13'), kept]);
    say('DELETED|10.244.1.0/24|192.0.2.22');
    await eventually([to('10.244.2.0/24', '192.0.2.13'), kept]);
  });

  it('takes away what went while nobody watched, and nothing while the API server is away', async () => {
    const before = await watch();
    for (const line of [own, 'ADDED|10.244.1.0/24|192.0.2.12', 'ADDED|10.244.2.0/24|192.0.2.13']) before.say(line);
    await eventually([to('10.244.1.0/24', '192.0.2.12'), to('10.244.2.0/24', '192.0.2.13'), kept]);
    await namespaces.shell('touch /run/away /run/asked');
    await before.end();
    // Asked for the second time, it is through with the first.
    while ((await namespaces.shell('cat /run/asked')).length < 2) await delay(20);
    await namespaces.shell('rm /run/away');

    const after = await watch();
    for (const line of [own, 'ADDED|10.244.3.0/24|192.0.2.14']) after.say(line);
    await eventually([
      to('10.244.1.0/24', '192.0.2.12'),
      to('10.244.2.0/24', '192.0.2.13'),
      to('10.244.3.0/24', '192.0.2.14'),
      kept,
    ]);
    await after.end();
    await eventually([to('10.244.3.0/24', '192.0.2.14'), kept]);
  });

  it('ends when the network of the pods is another, or none', async () => {
    const { say, end } = await watch();
    say(own);
    say('ADDED|10.244.1.0/24|192.0.2.12');
    await eventually([to('10.244.1.0/24', '192.0.2.12'), kept]);
    await namespaces.shell(`rm ${network}`);
    const ended = once(running, 'exit');
    await end();
    expect(await ended).toEqual([0, null]);
  });
});
