import type { Source } from './source.ts';

/** Whether a time service vouches for the clock. Apart from the rest, since a time service that hangs costs only this. */
export const clock: Source<{ synchronized: boolean | null }> = {
  name: 'clock',
  fields: ['time.synchronized'],
  unknown: { synchronized: null },
  async read({ host }, report) {
    const synchronized = await host.clock.synchronized();
    if (synchronized === null) report('time.synchronized', 'no time service on this machine can tell');
    return { synchronized };
  },
};
