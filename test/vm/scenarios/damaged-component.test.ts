import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { userData } from '../inputs.ts';
import { failedUnits, statusOf } from '../inside.ts';
import { openSite, type Site } from '../site.ts';

const Findings = z.object({ findings: z.array(z.object({ component: z.string(), status: z.string() })) });

const edge = 'edge-damaged';
const damaged = '/usr/lib/conjurer/restore-firewall';
let site: Site;

beforeAll(async () => {
  site = await openSite({ autoApprove: true });
});
afterAll(() => site.close());

it('a machine that is not what its image was is not enrolled, says so, and is once it was mended', async () => {
  const machine = await site.machine('damaged-component');
  const { write_files: files, ...more } = userData(site, { edgeName: edge });
  const damage = { path: damaged, permissions: '0755', append: true, content: '# damaged\n' };
  machine.insert({ instanceId: 'i-damaged', userData: { ...more, write_files: [...files, damage] } });
  const powered = await machine.powerOn();
  await powered.said(/components: stopped, E_COMPONENTS/);
  await site.eventually(async () => ((await statusOf(powered))?.exitStatus === null ? null : true));
  expect(await statusOf(powered)).toMatchObject({ state: 'failed', exitStatus: 5 });
  expect(await site.admin.registrations({ edge })).toEqual([]);
  expect(await failedUnits(powered)).toEqual(['conjurer.service']);
  const unit = await powered.probe.read('systemctl show -p ExecMainStatus -p NRestarts conjurer');
  expect(unit.trim().split('\n').sort()).toEqual(['ExecMainStatus=5', 'NRestarts=0']);
  const validated = await powered.probe.run('conjurer validate --json');
  expect(validated.status).toBe(5);
  const { findings } = Findings.parse(JSON.parse(validated.stdout));
  const wrong = findings.filter(({ status }) => status !== 'ok' && status !== 'note');
  expect(wrong).toEqual([{ component: 'restore-firewall', status: 'altered' }]);
  expect(await powered.probe.read('cat /run/issue.d/conjurer.issue')).toContain('E_COMPONENTS');
  // What operations.md says to send to support can be had in this state.
  for (const command of ['status --json', 'preflight --json', 'facts --json', '--version --json']) {
    const { stdout } = await powered.probe.run(`conjurer ${command}`);
    expect(JSON.parse(stdout), command).toHaveProperty('schema');
  }
  const bundle = await powered.probe.run('conjurer bundle --plaintext -o /var/tmp/bundle.tar.gz --json');
  expect([0, 6]).toContain(bundle.status);
  expect(await powered.probe.run('conjurer bundle verify /var/tmp/bundle.tar.gz')).toMatchObject({ status: 0 });
  const report = await powered.probe.read('conjurer bundle inspect /var/tmp/bundle.tar.gz report.txt');
  expect(report).toContain('restore-firewall');

  await powered.probe.read(`sed -i '/^# damaged$/d' ${damaged} && systemctl restart conjurer`);
  const node = await site.nodeIn(edge, 'ready');
  const told = await site.eventually(async () => {
    const events = await site.admin.events(node.nodeId);
    return events.find(({ event }) => event.code === 'run_failed') ?? null;
  });
  expect(told.event).toMatchObject({ level: 'error', data: { code: expect.stringMatching(/^E_COMPONENTS/) } });
});
