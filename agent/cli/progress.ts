import type { EventBus, PipelineEvent } from '../pipeline/events.ts';
import { eventLine } from './event-text.ts';
import type { Progress } from './live-progress.ts';
import type { Renderer } from './render.ts';

/** Live on a terminal, line by line elsewhere, not at all with --json. */
export async function showProgress(events: EventBus, render: Renderer, json: boolean): Promise<Progress> {
  if (json) return { during: work => work() };
  if (!render.terminal) return lines(events, render);
  const { liveProgress } = await import('./live-progress.ts');
  return liveProgress(events);
}

function lines(events: EventBus, render: Renderer): Progress {
  return {
    async during(work) {
      const stop = events.subscribe((event: PipelineEvent) => {
        const line = eventLine(event);
        if (line !== null) render.text(`${new Date().toISOString().slice(0, 19)}Z ${line}`);
      });
      try {
        return await work();
      } finally {
        stop();
      }
    },
  };
}
