import type { EventBus, PipelineEvent } from '../pipeline/events.ts';
import { eventLine, stoppingText } from './event-text.ts';
import type { Invocation } from './invocation.ts';
import type { Progress } from './live-progress.ts';
import type { Renderer } from './render.ts';

/** Live on a terminal, line by line elsewhere, not at all with --json. */
export async function showProgress(
  events: EventBus,
  { render, json, signal }: Pick<Invocation, 'render' | 'json' | 'signal'>,
): Promise<Progress> {
  if (json) return { during: work => work() };
  if (!render.terminal) return lines(events, render, signal);
  const { liveProgress } = await import('./live-progress.ts');
  return liveProgress(events, render, signal);
}

function lines(events: EventBus, render: Renderer, signal: AbortSignal): Progress {
  const say = (line: string) => render.text(`${new Date().toISOString().slice(0, 19)}Z ${line}`);
  return {
    async during(work) {
      const stop = events.subscribe((event: PipelineEvent) => {
        const line = eventLine(event);
        if (line !== null) say(line);
      });
      const stopping = () => say(stoppingText);
      signal.addEventListener('abort', stopping, { once: true });
      try {
        return await work();
      } finally {
        stop();
        signal.removeEventListener('abort', stopping);
      }
    },
  };
}
