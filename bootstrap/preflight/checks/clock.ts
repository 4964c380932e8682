import { count } from '../../facts/text.ts';
import { type Check, onRunningSystem, pass, skip, unknown } from '../check.ts';

/** A hardware clock in local time may differ by so much, and a site that moved its zone a little more. */
const DAY_MS = 24 * 3600 * 1000;
/** No image with conjurer is older. */
const CONJURER_BEGAN = '2026-01-01T00:00:00Z';

export const clockChecks: readonly Check[] = [
  {
    id: 'time-synchronized',
    run: onRunningSystem(async ({ facts }) => {
      const { synchronized } = (await facts()).time;
      if (synchronized === null) return unknown('no time service on this machine can tell');
      if (synchronized) return pass('synchronized');
      const fix = 'timedatectl timesync-status, or chronyc sources; set network.ntp.servers in conjurer.yaml';
      return { status: 'warn', observed: 'not synchronized', fix };
    }),
  },
  {
    id: 'rtc',
    run: onRunningSystem(async ({ host, facts }, running) => {
      const seconds = count(await running.readText('/sys/class/rtc/rtc0/since_epoch'));
      if (seconds === null) return skip('this machine has no hardware clock that the kernel shows');
      const { image, time } = await facts();
      const shows = new Date(seconds * 1000);
      const observed = `it shows ${shows.toISOString()}`;
      const fix = 'hwclock --systohc, once the time is synchronized; on a VM: correct the clock of its host';
      const builtAt = image?.builtAt ?? CONJURER_BEGAN;
      if (shows.getTime() < Date.parse(builtAt)) {
        return { status: 'warn', observed: `${observed}, before ${builtAt}, when the image was not made yet`, fix };
      }
      const behindMs = host.clock.now().getTime() - shows.getTime();
      if (time.synchronized === true && behindMs > DAY_MS) {
        return { status: 'warn', observed: `${observed}, ${Math.round(behindMs / DAY_MS)} days behind`, fix };
      }
      return pass(observed);
    }),
  },
];
