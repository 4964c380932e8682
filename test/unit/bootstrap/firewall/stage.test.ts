import { expect, it } from 'vitest';
import { rulesetChange } from '../../../../bootstrap/changes/ruleset.ts';
import type { Facts } from '../../../../bootstrap/facts/facts.ts';
import type { FirewallSettings } from '../../../../bootstrap/firewall/settings.ts';
import { firewallStage, type Probe, uplinksOf } from '../../../../bootstrap/firewall/stage.ts';
import type { Host, RunResult } from '../../../../bootstrap/host/host.ts';
import { powerCutHost, powerCutMachine } from '../../../support/power-cut-host.ts';

const settings: FirewallSettings = {
  enabled: true,
  uplinks: 'auto',
  tcp: [80, 443],
  allow: [],
  peers: [],
  nodePorts: { range: '30000-32767', open: false },
};
const nic = (name: string, uplink: boolean) => ({ name, uplink }) as Facts['nics'][number];
const facts = { nics: [nic('ens192', true), nic('cni0', false)] } as unknown as Facts;
const reached: Probe = { result: 'reached', text: 'it answers' };
const away: Probe = { result: 'not-reached', text: 'no answer' };

/** A packet filter that takes whole tables and jumps, and a machine with these files around it. */
function machine(files: Readonly<Record<string, string>> = {}, version = 'iptables v1.8.9 (nf_tables)') {
  const rules = new Map<string, string[]>();
  const ran: string[] = [];
  const answer = (argv: readonly string[], status: number, stdout = ''): RunResult => ({
    argv,
    status,
    stdout,
    stderr: '',
    timedOut: false,
    missing: false,
  });
  const run: Host['run'] = async (argv, options) => {
    const program = argv.find(word => /tables/.test(word) && !word.includes('/')) ?? '';
    const family = program.startsWith('ip6') ? 'ipv6' : 'ipv4';
    ran.push(argv.join(' '));
    if (argv[1] === '-V') return answer(argv, 0, version);
    const lines = (table: string) => {
      const key = `${family} ${table}`;
      const kept = rules.get(key) ?? [];
      rules.set(key, kept);
      return kept;
    };
    if (program.endsWith('-save')) return answer(argv, 0, [`*${argv[2]}`, ...lines(argv[2] ?? ''), ''].join('\n'));
    if (program.endsWith('-restore')) {
      let table = '';
      for (const line of String(options?.input).split('\n')) {
        if (line.startsWith('*')) table = line.slice(1);
        else if (/^(:|-A)/.test(line)) lines(table).push(line);
      }
      return answer(argv, 0);
    }
    const [, , , , table = '', action, chain, ...rest] = argv;
    const rule = `-A ${chain} ${rest.join(' ')}`;
    if (action === '-C') return answer(argv, lines(table).includes(rule) ? 0 : 1);
    lines(table).unshift(rule);
    return answer(argv, 0);
  };
  const power = powerCutMachine();
  power.disk.seed(
    Object.fromEntries(
      Object.entries({ '/proc/sys/net/ipv6/x': '', ...files }).map(([path, content]) => [
        path,
        { content, mode: 0o644 },
      ]),
    ),
  );
  return { host: powerCutHost(power, { run }), ran };
}

async function walk(host: Host, probes: readonly Probe[], given: Partial<FirewallSettings> = {}) {
  const notes: string[] = [];
  const left = [...probes];
  const stage = firewallStage({
    settings: { ...settings, ...given },
    isAsked: true,
    probe: async () => left.shift() ?? away,
    note: text => void notes.push(text),
  });
  const context = { host, outputs: { facts }, signal: new AbortController().signal };
  const planned = await stage.plan(context);
  for (const change of planned) {
    if (change.kind === 'ruleset') await rulesetChange.apply(change, host, context.signal);
  }
  return { stage, planned, notes, output: await stage.verify(context) };
}

it('takes the rules back where the Controller was reached before them, and not after', async () => {
  await expect(walk(machine().host, [reached, away])).rejects.toMatchObject({
    code: 'E_FIREWALL_CUT_OFF',
    seen: 'no answer',
  });
  expect(firewallStage({ settings, isAsked: true, probe: async () => away, note: () => undefined }).onFailure).toBe(
    'revert',
  );
});

it('goes on without a Controller, and says that it did not prove the way to it', async () => {
  const { output, notes, planned } = await walk(machine().host, [away, away]);
  expect(planned.map(change => change.id)).toEqual(['rules', 'ipv4.rules', 'ipv6.rules']);
  expect(output.uplinks).toEqual(['ens192']);
  expect(notes.join('\n')).toContain('not proved: that the Controller can be reached: no answer');
});

it('enables the unit that restores the rules where the image has it', async () => {
  const { host } = machine({ '/usr/lib/systemd/system/conjurer-firewall.service': '[Service]\n' });
  const { planned, output } = await walk(host, [reached, reached]);
  expect(planned.at(-1)).toEqual({
    kind: 'unit',
    id: 'conjurer-firewall.service',
    unit: 'conjurer-firewall.service',
    enabled: true,
  });
  expect(output.notProved).toEqual([]);
});

it.each([
  ['iptables v1.8.9 (nf_tables)', 'iptables-restore --noflush -w 10'],
  ['iptables v1.6.2', 'iptables-restore --noflush -w 10'],
  ['iptables v1.6.1', 'flock -w 10 /run/xtables.lock iptables-restore --noflush'],
])('waits for the lock as %s can', async (version, restore) => {
  const { host, ran } = machine({}, version);
  await walk(host, [reached, reached]);
  expect(ran).toContain(restore);
});

it.each([
  ['ufw', '/etc/ufw/ufw.conf', '# set by ufw\nENABLED=yes\n'],
  ['firewalld', '/run/firewalld.pid', '411\n'],
])('is not mixed with %s', async (name, path, content) => {
  const { host, ran } = machine({ [path]: content });
  await expect(walk(host, [])).rejects.toMatchObject({ code: 'E_FIREWALL_OTHER', check: name });
  expect(ran.filter(line => line.includes('restore'))).toEqual([]);
});

it('names rules in the other variant of iptables', async () => {
  const { host } = machine({ '/proc/net/ip_tables_names': 'filter\n' });
  const seen: Host = {
    ...host,
    run: async (argv, options) =>
      argv[0] === 'iptables-legacy-save'
        ? { ...(await host.run(['iptables', '-V'])), stdout: '*filter\n-A DOCKER-USER -j RETURN\nCOMMIT\n' }
        : host.run(argv, options),
  };
  const { notes } = await walk(seen, [reached, reached]);
  expect(notes.join('\n')).toContain('the legacy packet filter holds 1 rules too (DOCKER-USER)');
});

it('sets nothing where it is switched off, and does not even look for iptables', async () => {
  const { host, ran } = machine();
  const { planned, output } = await walk(host, [], { enabled: false });
  expect(planned).toEqual([]);
  expect(output.uplinks).toEqual([]);
  expect(ran).toEqual([]);
});

it('refuses an uplink that is not there, rather than leave the machine open', () => {
  expect(uplinksOf({ uplinks: ['cni0'] }, facts)).toEqual(['cni0']);
  expect(() => uplinksOf({ uplinks: ['ens193'] }, facts)).toThrow(
    expect.objectContaining({ code: 'E_FIREWALL_UPLINK' }),
  );
  expect(() => uplinksOf({ uplinks: 'auto' }, { nics: [nic('cni0', false)] })).toThrow(
    expect.objectContaining({ code: 'E_FIREWALL_UPLINK' }),
  );
});

it('is an error on a machine without iptables or a way out where the configuration speaks of it, and a remark where not', async () => {
  const none = powerCutHost(powerCutMachine());
  const { host } = machine();
  const lonely = { nics: [nic('lo', false)] } as unknown as Facts;
  const signal = new AbortController().signal;
  for (const [on, its, code] of [
    [none, facts, 'E_FIREWALL_UNAVAILABLE'],
    [host, lonely, 'E_FIREWALL_UPLINK'],
  ] as const) {
    const notes: string[] = [];
    const parts = { settings, probe: async () => away, note: (text: string) => void notes.push(text) };
    const context = { host: on, outputs: { facts: its }, signal };
    await expect(firewallStage({ ...parts, isAsked: true }).plan(context)).rejects.toMatchObject({ code });

    const stage = firewallStage({ ...parts, isAsked: false });
    expect(await stage.plan(context)).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('inbound ports stay open')]);
    expect(await stage.verify(context)).toMatchObject({ uplinks: [], notProved: [expect.any(String)] });
  }
});
