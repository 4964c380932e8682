import type { EventBus } from '../pipeline/events.ts';
import type { Invocation } from './invocation.ts';
import type { Progress } from './live-progress.ts';

/** The bytes hashed and the time left, as one line on a terminal, and not at all elsewhere. */
export async function showHashing(
  events: EventBus,
  { render, json }: Pick<Invocation, 'render' | 'json'>,
): Promise<Progress> {
  if (json || !render.terminal) return { during: work => work() };
  const { Listr } = await import('listr2');
  return {
    async during(work) {
      const ended = Promise.withResolvers<void>();
      const list = new Listr(
        [
          {
            title: 'validating',
            task: (_context, task) => {
              const stop = events.subscribe(event => {
                if (event.type === 'progress') task.output = render.clean(event.what);
              });
              return ended.promise.finally(stop);
            },
          },
        ],
        { registerSignalListeners: false, exitOnError: false },
      );
      const shown = list.run();
      try {
        return await work();
      } finally {
        ended.resolve();
        await shown;
      }
    },
  };
}
