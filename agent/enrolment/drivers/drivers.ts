import { AgentError } from '../../../bootstrap/errors.ts';
import type { HandoffDriver, HandoffSection } from './driver.ts';
import { kubeadmDriver } from './kubeadm.ts';
import { systemdDriver } from './systemd.ts';

/** By the name that the configuration gives. A driver that comes later is a line here. */
const drivers = new Map<string, HandoffDriver>([
  ['systemd', systemdDriver],
  ['kubeadm', kubeadmDriver],
]);

/** Throws E_DRIVER_UNSUPPORTED. */
export function driverOf({ driver }: HandoffSection): HandoffDriver {
  const found = drivers.get(driver);
  if (found !== undefined) return found;
  throw new AgentError('E_DRIVER_UNSUPPORTED', `the configuration names the hand-off driver ${driver}`, {
    seen: driver,
    wanted: [...drivers.keys()].join(', '),
  });
}
