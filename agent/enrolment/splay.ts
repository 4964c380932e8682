import { cryptoRandom } from '../controller/delay.ts';
import type { EnrolmentParts } from './enrolment.ts';

/** A fleet that is switched on at once does not call at once: the first call waits a random part of the splay. */
export async function splay(enrolment: EnrolmentParts, signal: AbortSignal): Promise<void> {
  const ms = Math.round(cryptoRandom() * enrolment.options.splaySeconds * 1000);
  if (ms < 1000) return;
  const { bus, host } = enrolment;
  bus.emit({
    type: 'waiting',
    for: `the first call, which a fleet spreads over time (${Math.ceil(ms / 1000)} s)`,
    who: 'time',
    since: enrolment.now(),
    next: 'nothing, conjurer goes on by itself; --no-splay skips this',
  });
  await host.clock.sleep(ms, signal);
  bus.emit({ type: 'wait-ended' });
}
