import type { EventBus, PipelineEvent } from '../pipeline/events.ts';
import { eventText, isWaitedFor, stoppingText } from './event-text.ts';
import type { Invocation } from './invocation.ts';
import type { Progress } from './live-progress.ts';
import type { Renderer } from './render.ts';

/** Live on a terminal, line by line elsewhere, not at all with --json. */
export async function showProgress(
  events: EventBus,
  { render, json, options, signal }: Pick<Invocation, 'render' | 'json' | 'options' | 'signal'>,
): Promise<Progress> {
  if (json) return { during: work => work() };
  const wait = options.wait !== false;
  if (!render.terminal) return lines(events, render, wait, signal);
  const { liveProgress } = await import('./live-progress.ts');
  return liveProgress(events, render, wait, signal);
}

function lines(events: EventBus, render: Renderer, wait: boolean, signal: AbortSignal): Progress {
  const say = (text: string) => render.text(`${new Date().toISOString().slice(0, 19)}Z ${text}`);
  return {
    async during(work) {
      const stop = events.subscribe((event: PipelineEvent) => {
        if (event.type === 'waiting' && !isWaitedFor(event, wait)) return;
        const text = eventText(event, render.hint);
        if (text !== null) say(text);
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
