import type { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import { clockFloor } from '../controller/clock-floor.ts';
import type { Events } from './event-queue.ts';
import type { State } from './state.ts';
import { rfc3339 } from './time-text.ts';

/** The protocol's rules about the clock of a machine that may never have had the right time (protocol.md, Clock). */
export interface TimeKeeper {
  /** Steps the clock up to the floor, then waits for time synchronization where a time service is at work. Once a run. */
  settle(issuedAt: Date, signal: AbortSignal): Promise<void>;
  /** The time is synchronized, or was proved by the Controller's signature in this run. */
  proved(): Promise<boolean>;
  /** Sets the clock to a time signed by the Controller. Rethrows `error` where the clock is synchronized: not our fault. */
  repair(error: AgentError, signedTime: () => Promise<Date>): Promise<void>;
}

export interface TimeKeeperParts {
  readonly host: Host;
  readonly state: State;
  readonly events: Events;
  readonly timeSyncSeconds: number;
  /** RFC 3339; null: not known. */
  imageBuiltAt(): string | null;
}

/** Any of these, active, is somebody to wait for. */
const timeServices = ['chrony', 'chronyd', 'systemd-timesyncd', 'ntp', 'ntpd', 'ntpsec', 'openntpd'];
const LOOK_AGAIN_MS = 1000;

export function createTimeKeeper({ host, state, events, timeSyncSeconds, imageBuiltAt }: TimeKeeperParts): TimeKeeper {
  let settled = false;
  let signed = false;
  let bound = new Date(0);
  const proved = async () => signed || (await host.clock.synchronized()) === true;

  async function step(to: Date, why: string): Promise<void> {
    const from = host.clock.now();
    await host.clock.step(to);
    const message = `the clock was set from ${rfc3339(from)} to ${rfc3339(to)}: ${why}`;
    await events.add({ code: 'clock_stepped', level: 'warn', message });
  }

  return {
    proved,
    async settle(issuedAt, signal) {
      if (settled) return;
      settled = true;
      const persisted = (await state.clock.read())?.at ?? null;
      const builtAt = imageBuiltAt();
      const made = { imageBuiltAt: builtAt === null ? null : new Date(builtAt), issuedAt };
      bound = clockFloor({ ...made, persisted: null });
      const floor = clockFloor({
        ...made,
        persisted: persisted === null ? null : { at: new Date(persisted), proved: true },
      });
      if (host.clock.now() < floor) await step(floor, 'it was before the image and the credentials were made');
      if (timeSyncSeconds > 0 && (await isTimeServiceActive(host))) await waitForSync(host, timeSyncSeconds, signal);
      if (await proved()) await state.clock.write({ at: rfc3339(host.clock.now()) });
    },
    async repair(error, signedTime) {
      if ((await host.clock.synchronized()) === true) throw error;
      const now = await signedTime();
      const to = now < bound ? bound : now;
      await step(to, 'time signed by the Controller');
      signed = true;
      await state.clock.write({ at: rfc3339(to) });
    },
  };
}

async function isTimeServiceActive(host: Host): Promise<boolean> {
  if (host.root !== '/') return false;
  const states = await Promise.all(timeServices.map(name => host.units.state(`${name}.service`).catch(() => null)));
  return states.some(unit => unit?.active === true);
}

async function waitForSync(host: Host, seconds: number, signal: AbortSignal): Promise<void> {
  const endMs = host.clock.monotonicMs() + seconds * 1000;
  while (host.clock.monotonicMs() < endMs) {
    if ((await host.clock.synchronized()) !== false) return;
    await host.clock.sleep(LOOK_AGAIN_MS, signal);
  }
}
