import type { ChangeKind, UnitChange } from '../change.ts';
import { AgentError } from '../errors.ts';

/**
 * A unit is enabled and active as wanted. A unit that does not exist is neither, which is as good as disabled and
 * stopped. Undo brings back those of the two that the change names.
 */
export const unitChange: ChangeKind<UnitChange> = {
  async isDone({ unit, enabled, active }, host) {
    const state = await host.units.state(unit);
    return (enabled ?? state.enabled) === state.enabled && (active ?? state.active) === state.active;
  },

  async apply({ unit, enabled, active }, host, signal) {
    // The unit's file may be one that was written a moment ago.
    await host.units.reload();
    const state = await host.units.state(unit);
    if (!state.exists && (enabled === true || active === true)) throw missing(unit);
    if (enabled !== undefined && enabled !== state.enabled) await host.units.setEnabled(unit, enabled);
    signal.throwIfAborted();
    if (active !== undefined && active !== state.active) await host.units.setActive(unit, active);
  },

  async undo({ id, unit, enabled, active }, host) {
    const state = await host.units.state(unit);
    return [
      {
        kind: 'unit',
        id,
        unit,
        ...(enabled === undefined ? {} : { enabled: state.enabled }),
        ...(active === undefined ? {} : { active: state.active }),
      },
    ];
  },
};

function missing(unit: string): AgentError {
  return new AgentError('E_UNIT', `there is no unit ${unit} on this machine`, {
    seen: 'no unit file',
    wanted: unit,
    next: `systemctl list-unit-files ${unit}; use an image that ships it, then: conjurer run`,
  });
}
