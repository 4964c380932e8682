import { expect, it, onTestFinished } from 'vitest';
import { onRung } from '../binary/build/rung.ts';
import { type Laboratory, openLaboratory } from './laboratory.ts';
import { whyNot } from './namespaces.ts';

/**
 * The agent is killed at its n-th call of a program that reads or sets rules, before that program has done its work
 * (`early`) or when it has. Without a number nothing is killed, and the calls are counted.
 */
const deadlyPrograms = `
for family in iptables ip6tables; do
  for program in '' -save -restore; do
    real=$(readlink /usr/local/sbin/$family$program)
    rm /usr/local/sbin/$family$program
    cat >/usr/local/sbin/$family$program <<END
#!/bin/sh
exec 9>>/run/calls.lock; flock 9
n=\\$(cat /run/calls 2>/dev/null || echo 0); n=\\$((n + 1)); echo \\$n >/run/calls
exec 9>&-
kill_at=\\$(cat /run/kill-at 2>/dev/null || echo 0)
how=\\$(cat /run/kill-how 2>/dev/null)
[ \\$n != \\$kill_at ] || [ "\\$how" != early ] || { kill -9 \\$PPID; exit 1; }
$real "\\$@"; status=\\$?
[ \\$n != \\$kill_at ] || [ "\\$how" != late ] || kill -9 \\$PPID
exit \\$status
END
    chmod 755 /usr/local/sbin/$family$program
  done
done`;

onRung('netns', await whyNot(), () => {
  it('ends in the old or in the new state, at whichever call the agent is killed', { timeout: 900_000 }, async () => {
    const lab = await openLaboratory('nft', { kubernetes: false });
    onTestFinished(() => lab.close());
    await lab.configure({ tcp: [443] });
    expect((await lab.conjurer('run', '--only', 'firewall')).status).toBe(0);
    const before = await lab.saved();
    const wanted = { tcp: [80, 443], nodePorts: { open: true } };

    await lab.namespaces.shell(
      'cp -a /var/lib/conjurer /run/state-before; cp -a /etc/conjurer/firewall /run/rules-before',
    );
    await lab.namespaces.shell(deadlyPrograms);
    await lab.configure(wanted);
    const calls = await counted(lab, 0, '');
    const after = await lab.saved();
    expect(after).not.toBe(before);

    for (let call = 1; call <= calls; call += 1) {
      for (const how of process.env.CONJURER_CUTS === 'all' ? ['early', 'late'] : ['early']) {
        const title = `killed at call ${call}, ${how}`;
        await backTo(lab, before);
        await counted(lab, call, how);
        await lab.namespaces.shell('rm -f /run/kill-at');
        if ((call % 2 === 0) === (how === 'early')) {
          expect((await lab.conjurer('run', '--only', 'firewall')).status, title).toBe(0);
          expect(await lab.saved(), title).toBe(after);
        } else {
          expect((await lab.conjurer('revert', '--yes')).status, title).toBe(0);
          expect(await lab.saved(), title).not.toContain('CONJURER');
        }
      }
    }
  });
});

/** Runs, killed at that call; gives how many calls there were. */
async function counted(lab: Laboratory, killAt: number, how: string): Promise<number> {
  await lab.namespaces.shell(`rm -f /run/calls; echo ${killAt} >/run/kill-at; echo ${how} >/run/kill-how`);
  const ran = await lab.conjurer('run', '--only', 'firewall');
  expect(ran.status, `killed at ${killAt} ${how}`).toBe(killAt === 0 ? 0 : 137);
  return Number(await lab.namespaces.shell('cat /run/calls'));
}

/** The rules, the files and the journal as they were before the first run. */
async function backTo(lab: Laboratory, saved: string): Promise<void> {
  const sections = saved.split(/^(iptables|ip6tables)\n/m).slice(1);
  for (let at = 0; at < sections.length; at += 2) {
    await lab.namespaces.shell(`${sections[at]}-nft-restore <<'END'\n${sections[at + 1]}END`);
  }
  await lab.namespaces.shell(`
    rm -rf /var/lib/conjurer /etc/conjurer/firewall
    cp -a /run/state-before /var/lib/conjurer; cp -a /run/rules-before /etc/conjurer/firewall`);
  expect(await lab.saved()).toBe(saved);
}
