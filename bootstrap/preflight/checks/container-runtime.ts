import type { UnitState } from '../../host/host.ts';
import { type Check, type CheckContext, type Finding, onRunningSystem, pass, skip, unknown } from '../check.ts';
import { asDeclared, askCri, type CriAnswer, containerdUnit, findRuntime, type Runtime } from '../cri.ts';

const LOOK_AGAIN_MS = 500;
const log = `journalctl -u ${containerdUnit} -n 50`;

/** containerd runs, and speaks to kubelet. While it starts it is waited for. */
export const containerRuntimeCheck: Check = {
  id: 'container-runtime',
  limitMs: 20_000,
  run: onRunningSystem(async context => {
    const { host, disk, uid, signal } = context;
    const runtime = await findRuntime(host, disk, await context.manifest());
    if (runtime === null) return skip('there is no containerd, and the image does not say that there should be one');
    const state = await startedUnit(context);
    const answer = uid === 0 ? await askCri(host, runtime.socket, signal) : null;
    return asDeclared(runtime, judgeRuntime(runtime, state, answer));
  }),
};

async function startedUnit({ host, signal }: Pick<CheckContext, 'host' | 'signal'>): Promise<UnitState | null> {
  for (;;) {
    const state = await host.units.state(containerdUnit).catch(() => null);
    if (state?.detail.startsWith('activating') !== true) return state;
    await host.clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

/** `state` null: there is nobody to ask for units. `answer` null: only root may ask. */
export function judgeRuntime(
  { config, configPath, socket }: Runtime,
  state: UnitState | null,
  answer: CriAnswer | null,
): Finding {
  if (answer !== null && 'cri' in answer && answer.cri === 'ok') return pass(`${socket} answers; CRI is loaded`);
  if (answer !== null && 'cri' in answer) return { status: 'fail', ...withoutCri(config, configPath, answer.cri) };
  if (state?.active === false) {
    const next = state.exists ? `systemctl start ${containerdUnit}` : 'install containerd';
    const fix = `${next}; ${log}`;
    return { status: 'fail', observed: `${containerdUnit}: ${state.exists ? state.detail : 'no such unit'}`, fix };
  }
  if (answer === null) {
    return unknown(`${containerdUnit}: ${state?.detail ?? 'not known'}; whether CRI answers only root may ask`);
  }
  return { status: 'fail', observed: answer.problem, fix: `systemctl restart ${containerdUnit}; ${log}` };
}

function withoutCri(config: Runtime['config'], path: string, status: string | null): { observed: string; fix: string } {
  const seen = status === null ? 'containerd runs without its CRI plugin' : `the CRI plugin of containerd is ${status}`;
  if (typeof config === 'string') return { observed: `${seen}: ${config}`, fix: `correct ${path}, and restart it` };
  if (config !== null && config.criDisabledBy.length > 0) {
    const observed = `${seen}: disabled_plugins in ${path} holds ${config.criDisabledBy.join(', ')}`;
    return { observed, fix: `take it out of ${path}, then: systemctl restart ${containerdUnit}` };
  }
  return { observed: seen, fix: `${log}; ctr plugins ls -d id==cri` };
}
