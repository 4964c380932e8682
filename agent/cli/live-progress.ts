import { Listr, type ListrTaskWrapper } from 'listr2';
import type { StageName } from '../../bootstrap/stage.ts';
import { type Ending, endingOf } from '../pipeline/ending.ts';
import type { EventBus, PipelineEvent } from '../pipeline/events.ts';
import { stageOrder } from '../pipeline/stages.ts';
import { appliedText, eventText, isWaitedFor, stoppingText } from './event-text.ts';
import type { Hint } from './hint.ts';
import type { Renderer } from './render.ts';
import { age } from './status-text.ts';

/** Shows a run while it lasts. */
export interface Progress {
  during<T>(work: () => Promise<T>): Promise<T>;
}

type Task = Pick<ListrTaskWrapper<unknown, never, never>, 'title' | 'output' | 'skip'>;

/** The stages as a list on the terminal: state, time taken, and below the running one what it does or waits for. */
export function liveProgress(
  events: EventBus,
  render: Pick<Renderer, 'clean' | 'hint'>,
  wait: boolean,
  signal: AbortSignal,
): Progress {
  return {
    async during(work) {
      const stages = new Map(stageOrder.map(name => [name, new LiveStage(name, render.clean)]));
      const current: Current = { stage: undefined };
      const stop = events.subscribe(event => {
        if (event.type === 'waiting' && !isWaitedFor(event, wait)) return;
        follow(event, stages, current, render.hint);
      });
      const stopping = () => current.stage?.say(stoppingText);
      signal.addEventListener('abort', stopping, { once: true });
      const ticking = setInterval(() => {
        for (const stage of stages.values()) stage.tick();
      }, 1000);
      const list = new Listr(
        [...stages.values()].map(stage => ({
          title: stage.name,
          task: (_context, task) => stage.shownBy(task as Task),
        })),
        {
          registerSignalListeners: false,
          exitOnError: false,
          rendererOptions: { collapseSubtasks: false, showErrorMessage: false, collapseErrors: false },
        },
      );
      const shown = list.run();
      try {
        return await work();
      } finally {
        for (const stage of stages.values()) stage.end('left');
        await shown.catch(() => undefined);
        clearInterval(ticking);
        stop();
        signal.removeEventListener('abort', stopping);
      }
    },
  };
}

function follow(event: PipelineEvent, stages: ReadonlyMap<StageName, LiveStage>, current: Current, hint: Hint): void {
  const stage = 'stage' in event ? stages.get(event.stage as StageName) : current.stage;
  if (event.type === 'stage-started') {
    for (const [name, earlier] of stages) {
      if (name === event.stage) break;
      earlier.end('left');
    }
    current.stage = stage;
    stage?.start();
  } else if (event.type === 'stage-verified')
    stage?.end('done', event.mode === 'run' ? appliedText(event.applied) : '');
  else if (event.type === 'stage-failed') stage?.end(endingOf(event.error));
  else if (event.type === 'wait-ended') stage?.say('');
  else if (event.type === 'progress') stage?.say(progressText(event.what, event.done, event.total));
  else stage?.say(eventText(event, hint) ?? '');
}

const skipped: Readonly<Record<Exclude<End, 'done' | 'failed'>, string>> = {
  left: 'stopped',
  waiting: 'waits for a person',
  interrupted: 'interrupted',
};

interface Current {
  stage: LiveStage | undefined;
}

function progressText(what: string, done: number, total: number | null): string {
  return total === null || total === 0 ? `${what}: ${done}` : `${what}: ${Math.floor((100 * done) / total)} %`;
}

/** `left`: nothing more was heard of it. */
type End = 'done' | 'left' | Ending;

/** A line of the list. The list asks for the lines in turn; what happened before that is remembered. */
class LiveStage {
  readonly name: StageName;
  readonly #settled = Promise.withResolvers<End>();
  #task: Task | null = null;
  #since: Date | null = null;
  #until: Date | null = null;
  readonly #clean: Renderer['clean'];
  #detail = '';
  #result = '';

  constructor(name: StageName, clean: Renderer['clean']) {
    this.name = name;
    this.#clean = clean;
  }

  async shownBy(task: Task): Promise<void> {
    this.#task = task;
    this.tick();
    const end = await this.#settled.promise;
    // A line that the list has done with must not be written to.
    this.#task = null;
    if (end === 'failed') throw new Error(this.#detail);
    if (end !== 'done') task.skip(this.#since === null ? `${this.name}: not reached` : this.#title(skipped[end]));
  }

  start(): void {
    this.#since = new Date();
    this.tick();
  }

  say(detail: string): void {
    this.#detail = this.#clean(detail);
    this.tick();
  }

  tick(): void {
    if (this.#task === null || this.#since === null) return;
    this.#task.title = this.#title(this.#result);
    this.#task.output = this.#detail;
  }

  #title(result: string): string {
    const took = this.#since === null ? '' : ` (${age(this.#since, this.#until ?? new Date())})`;
    return `${this.name}${took}${result === '' ? '' : `: ${result}`}`;
  }

  /** The first end counts. */
  end(how: End, result = ''): void {
    if (this.#until === null) this.#result = result;
    this.#until ??= new Date();
    this.tick();
    this.#settled.resolve(how);
  }
}
