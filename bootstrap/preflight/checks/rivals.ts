import { findFirewalld, findUfw, type Rival } from '../../firewall/rivals.ts';
import type { Files, Host } from '../../host/host.ts';
import { type Check, type CheckContext, type Finding, onRunningSystem, pass } from '../check.ts';

/** Programs that would undo the rules of conjurer and Kubernetes, or keep the programs of the image from starting. */
export const rivalChecks: readonly Check[] = [
  {
    id: 'ufw',
    run: onRunningSystem(async (context, running) => judgeFirewall('ufw', await findUfw(running), context.settings)),
  },
  {
    id: 'firewalld',
    run: onRunningSystem(async (context, running) =>
      judgeFirewall('firewalld', await findFirewalld(running), context.settings),
    ),
  },
  { id: 'fapolicyd', run: onRunningSystem(({ host }, running) => lookForFapolicyd(host, running)) },
];

export function judgeFirewall(
  name: Rival['name'],
  rival: Rival | null,
  { firewall }: Pick<CheckContext['settings'], 'firewall'>,
): Finding {
  if (rival === null) return pass(`${name} is not active`);
  if (firewall.enabled) return { status: 'fail', observed: rival.seen, fix: rival.cure };
  const observed = `${rival.seen}; firewall.enabled is false, so its rules are left alone`;
  return { status: 'warn', observed, fix: `have ${name} let the ports of the cluster pass, or: ${rival.cure}` };
}

const unit = 'fapolicyd.service';

async function lookForFapolicyd({ units }: Pick<Host, 'units'>, running: Files): Promise<Finding> {
  const traces = await Promise.all(
    ['/run/fapolicyd.pid', '/run/fapolicyd/fapolicyd.pid', '/run/fapolicyd/fapolicyd.fifo'].map(async path =>
      (await running.stat(path)) === null ? [] : [path],
    ),
  );
  const [trace] = traces.flat();
  const state = await units.state(unit).catch(() => null);
  if (state?.active !== true && trace === undefined) return pass('fapolicyd is not active');
  const seen = state?.active === true ? `${unit}: ${state.detail}` : `${trace}`;
  return { status: 'fail', observed: seen, fix: `systemctl disable --now ${unit}` };
}
