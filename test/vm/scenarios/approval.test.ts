import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { userData } from '../inputs.ts';
import { activeAt, failedUnits, statusOf } from '../inside.ts';
import { type Machine, openSite, type Site } from '../site.ts';

const edge = 'edge-by-hand';
let site: Site;
let machine: Machine;

beforeAll(async () => {
  site = await openSite({ autoApprove: false });
  machine = await site.machine('approval', { forward: [22] });
  machine.insert({
    instanceId: 'i-approval',
    userData: {
      ...userData(site, {
        edgeName: edge,
        firewall: { enabled: true, allow: [{ port: 22, protocol: 'tcp', cidrs: ['10.0.2.2/32'] }] },
      }),
      runcmd: ['date +%s > /var/tmp/runcmd-was-here'],
    },
  });
});
afterAll(() => site.close());

it('waits for a person with its claim code on the console, and holds up neither login, ssh nor runcmd', async () => {
  const powered = await machine.powerOn();
  const registration = await site.eventually(async () => (await site.admin.registrations({ edge }))[0] ?? null);
  expect(registration.state).toBe('discovered');

  await powered.said(new RegExp(`claim code +${registration.claimCode}`));
  await powered.said(new RegExp(registration.keyFingerprint.slice(0, 20).replaceAll(/[+/]/g, '\\$&')));
  await powered.said(/login: /);
  expect(await failedUnits(powered)).toEqual([]);
  // All of this while it still waits.
  expect(await powered.probe.read('cat /var/tmp/runcmd-was-here')).toMatch(/^\d+\n$/);
  expect(await powered.probe.read('cat /run/issue.d/conjurer.issue')).toContain(registration.claimCode);
  for (const unit of ['multi-user.target', 'ssh.service', 'getty.target', 'cloud-final.service']) {
    expect(await activeAt(powered, unit), unit).not.toBeNull();
  }
  expect(await powered.probe.read('systemctl is-system-running --wait')).toBe('running\n');
  expect(await sshBanner(machine.outside(22))).toMatch(/^SSH-2\.0-/);
  expect(await statusOf(powered)).toMatchObject({ state: 'waiting', claimCode: registration.claimCode });
  expect(await site.admin.nodes({ edge })).toEqual([]);

  await site.admin.approve(registration.registrationId, registration.keyFingerprint);
  await site.nodeIn(edge, 'ready');
  await site.eventually(async () => ((await statusOf(powered))?.state === 'handed-off' ? true : null));
  expect(await powered.probe.run('test -e /run/issue.d/conjurer.issue')).toMatchObject({ status: 1 });
});

/** What ssh says first, to a connection from outside. */
async function sshBanner(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const [bytes] = await once(socket, 'data');
  socket.destroy();
  return String(bytes);
}
