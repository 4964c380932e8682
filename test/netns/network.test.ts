import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { onRung } from '../binary/build/rung.ts';
import { bootMachine, eventually, type NetworkMachine, whyNoMachine, world } from './network-machine.ts';

const before = `${world.machine}/24`;
const owed = '/var/lib/conjurer/network-rollback/owed';
const timer = 'conjurer-network-rollback.timer';
const good = {
  confirmSeconds: 60,
  hostname: 'edge-001',
  ntp: { servers: [world.gateway] },
  ethernets: { host0: { addresses: ['10.9.0.20/24'], routes: [{ to: '0.0.0.0/0', via: world.gateway }] } },
};
/** No gateway and no Controller are there; with a bridge, which the change makes. */
const bad = {
  confirmSeconds: 20,
  ethernets: { host0: { addresses: ['10.99.0.20/24'], routes: [{ to: '0.0.0.0/0', via: '10.99.0.1' }] } },
  bridges: { br9: { addresses: ['10.98.0.20/24'] } },
};

onRung('network', whyNoMachine(), () =>
  describe('a change of the network', { timeout: 240_000 }, () => {
    let machine: NetworkMachine;
    beforeEach(async () => {
      machine = await bootMachine();
      expect(await machine.addresses('host0')).toEqual([before]);
    });
    afterEach(() => machine.close());

    /** Starts the agent with a change that cuts the Controller off, and ends it as soon as the change is in force. */
    async function dieAfterApplying(): Promise<void> {
      machine.configure(bad);
      await machine.startConjurer('run', '--only', 'network');
      await eventually('the change is in force', async () => {
        const isApplied = machine.read('/etc/netplan/60-conjurer.yaml') !== null && machine.read(owed) !== null;
        return isApplied && (await machine.addresses('br9')).length > 0 ? true : null;
      });
      const { pid } = JSON.parse((await machine.run('cat', '/run/conjurer/lock')).stdout) as { pid: number };
      expect((await machine.run('sh', '-c', `kill -KILL ${pid}`)).status).toBe(0);
      expect(await machine.addresses('host0')).toEqual(['10.99.0.20/24']);
    }

    async function expectAsBefore(): Promise<void> {
      expect(machine.read('/etc/netplan/60-conjurer.yaml')).toBeNull();
      expect(machine.read('/etc/netplan/50-cloud-init.yaml')).toContain(world.machine);
      expect(machine.read('/etc/cloud/cloud.cfg.d/99-conjurer-network.cfg')).toBeNull();
      await eventually('the address is back', async () =>
        (await machine.addresses('host0')).join() === before ? true : null,
      );
      expect(await machine.addresses('br9')).toEqual([]);
      expect((await machine.run('ping', '-c', '1', '-W', '5', world.gateway)).status).toBe(0);
    }

    test('that works is kept, also over a restart; a second run changes nothing; revert takes it back', async () => {
      machine.configure(good);
      const plan = await machine.conjurer('plan', '--only', 'network');
      expect(plan.stdout).toContain('+         - "10.9.0.20/24"');
      const run = await machine.conjurer('run', '--only', 'network');
      expect(run, run.stderr).toMatchObject({ status: 0 });
      expect(await machine.addresses('host0')).toEqual(['10.9.0.20/24']);
      expect((await machine.run('systemctl', 'is-active', timer)).stdout.trim()).toBe('inactive');
      expect(machine.read(owed)).toBeNull();
      expect(machine.read('/etc/hostname')).toBe('edge-001\n');
      expect(machine.read('/etc/systemd/timesyncd.conf.d/60-conjurer.conf')).toBe(`[Time]\nNTP=${world.gateway}\n`);

      const again = await machine.conjurer('run', '--only', 'network');
      expect(again.stdout).toContain('network: done, nothing to do');
      expect(again.stdout).not.toContain('did ');
      await machine.cutPower();
      expect(await machine.addresses('host0')).toEqual(['10.9.0.20/24']);

      expect((await machine.conjurer('revert', '--stage', 'network', '--yes')).status).toBe(0);
      await expectAsBefore();
    });

    test('that cuts the Controller off is taken back by the agent, which says what failed', async () => {
      machine.configure(bad);
      const { status, stderr } = await machine.conjurer('run', '--only', 'network');
      expect(status).toBe(75);
      expect(stderr).toContain('E_NETWORK_NOT_PROVED');
      expect(stderr).toContain('the gateway 10.99.0.1 on host0 does not answer');
      await expectAsBefore();
      expect(machine.read(owed)).toBeNull();

      const again = await machine.conjurer('run', '--only', 'network');
      expect(again, again.stderr).toMatchObject({ status: 0 });
      expect(again.stdout).toContain('did not work and is not in force');
      expect(again.stdout).toContain('the gateway 10.99.0.1 on host0 does not answer');
      await expectAsBefore();
      machine.configure(good);
      expect((await machine.conjurer('run', '--only', 'network')).status).toBe(0);
      expect(await machine.addresses('host0')).toEqual(['10.9.0.20/24']);
    });

    test('of a card that is not there is named, and changes nothing', async () => {
      machine.configure({ ethernets: { ens9: { addresses: ['10.9.0.20/24'] } } });
      const run = await machine.conjurer('run', '--only', 'network');
      expect(run, run.stderr).toMatchObject({ status: 0 });
      expect(run.stdout).toContain('the network that is configured is not in force: there is no card ens9');
      expect(run.stdout).not.toContain('did network');
      await expectAsBefore();
    });

    test('that cuts the Controller off is taken back when the agent is killed right after applying', async () => {
      await dieAfterApplying();
      await eventually('the timer has put the network back', async () => (machine.read(owed) === null ? true : null));
      await eventually('the rollback is through', async () =>
        machine.read('/var/lib/conjurer/network-rollback/rolled-back') === null ? null : true,
      );
      await expectAsBefore();
      machine.configure(good);
      const run = await machine.conjurer('run', '--only', 'network');
      expect(run, run.stderr).toMatchObject({ status: 0 });
      expect(run.stdout).toContain('put back without conjurer');
      expect(await machine.addresses('host0')).toEqual(['10.9.0.20/24']);
    });

    test('that cuts the Controller off is taken back when the machine restarts in between', async () => {
      await dieAfterApplying();
      await machine.cutPower();
      await expectAsBefore();
      expect(machine.read(owed)).toBeNull();
    });

    test('works by systemd-networkd alone where netplan is not installed', async () => {
      await machine.run('rm', '/usr/sbin/netplan');
      machine.configure({ ...good, bridges: { br9: { addresses: ['10.98.0.20/24'] } } });
      const run = await machine.conjurer('run', '--only', 'network');
      expect(run, run.stderr).toMatchObject({ status: 0 });
      expect(await machine.addresses('host0')).toEqual(['10.9.0.20/24']);
      expect(await machine.addresses('br9')).toEqual(['10.98.0.20/24']);
      expect((await machine.conjurer('run', '--only', 'network')).stdout).toContain('network: done, nothing to do');
      expect((await machine.conjurer('revert', '--stage', 'network', '--yes')).status).toBe(0);
      await expectAsBefore();
    });

    test('that netplan refuses changes nothing', async () => {
      machine.configure({ ethernets: { host0: { routes: [{ to: '10.1.0.0/16', via: '2001:db8::1' }] } } });
      const { status, stderr } = await machine.conjurer('run', '--only', 'network');
      expect({ status, code: /E_NETWORK_\w+/.exec(stderr)?.[0] }).toEqual({ status: 78, code: 'E_NETWORK_REFUSED' });
      await expectAsBefore();
    });

    test('is not made where nothing would take it back, nor once Kubernetes has started', async () => {
      machine.configure(good);
      await machine.run('systemctl', 'disable', 'conjurer-network-rollback.service');
      expect((await machine.conjurer('run', '--only', 'network')).stderr).toContain('E_NETWORK_UNGUARDED');
      await machine.run('systemctl', 'enable', 'conjurer-network-rollback.service');
      machine.write('/etc/kubernetes/kubelet.conf', '');
      expect((await machine.conjurer('run', '--only', 'network')).stderr).toContain('E_NETWORK_AFTER_KUBERNETES');
      await expectAsBefore();
    });
  }),
);
