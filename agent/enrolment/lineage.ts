import { AgentError } from '../../bootstrap/errors.ts';
import type { Controller } from '../controller/controller.ts';
import type { Activation, ActivationRequest, EventsAnswer } from '../controller/protocol.ts';
import type { Events } from './event-queue.ts';
import type { Link } from './link.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { State, StoredJoinState } from './state.ts';

/**
 * The join state: which of several copies of this disk is the one that goes on. Calls 4 and 6 advance it, one at a
 * time. What is sent is synced first and re-sent byte for byte until it is answered, also after a restart; the answer's
 * join state is synced before anything uses it.
 */
export interface Lineage {
  /** What the other calls carry in their header. */
  current(): Promise<string>;
  activate(nodeId: string, body: string, signal: AbortSignal): Promise<Activation>;
  /** Sends the next batch of events, or a heartbeat where there are none. */
  report(nodeId: string, signal: AbortSignal): Promise<EventsAnswer>;
}

export function createLineage(parts: { state: State; link: Pick<Link, 'ask'>; events: Events }): Lineage {
  const { state, link, events } = parts;
  const alone = oneAtATime();

  async function finishActivation(call: InFlight, signal: AbortSignal): Promise<Activation> {
    const answer = await send(
      'activate',
      call,
      controller => controller.activate(call.nodeId, call.body, call.joinState),
      signal,
    );
    const { certSha256, bootId } = JSON.parse(call.body) as ActivationRequest;
    const { state: nodeState, configGeneration } = answer;
    const before = await state.activation.read();
    const factsSent = before?.bootId === bootId && before.certSha256 === certSha256 && before.factsSent;
    await state.activation.write({
      nodeId: call.nodeId,
      certSha256,
      bootId,
      state: nodeState,
      configGeneration,
      factsSent,
    });
    await state.joinState.write({ current: answer.joinState, inFlight: null });
    return answer;
  }

  async function finishReport(call: InFlight, signal: AbortSignal): Promise<EventsAnswer> {
    const answer = await send(
      'report events',
      call,
      controller => controller.events(call.nodeId, call.body, call.joinState),
      signal,
    );
    await events.acknowledge(call.body, answer.ackSeq);
    await state.joinState.write({ current: answer.joinState, inFlight: null });
    return answer;
  }

  /** A call that the Controller refuses for good is not sent again: it would be refused for ever. */
  async function send<T>(
    name: string,
    call: InFlight,
    operation: (controller: Controller) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    try {
      return await link.ask(name, operation, signal);
    } catch (error) {
      if (error instanceof AgentError && error.retry?.class === 'terminal') {
        await state.joinState.write({ current: call.joinState, inFlight: null });
      }
      throw error;
    }
  }

  async function finishOpen(signal: AbortSignal): Promise<StoredJoinState> {
    const stored = await known(state);
    if (stored.inFlight === null) return stored;
    await (stored.inFlight.call === 'activation' ? finishActivation : finishReport)(stored.inFlight, signal);
    return known(state);
  }

  return {
    current: async () => (await known(state)).current,
    activate: (nodeId, body, signal) =>
      alone(async () => {
        const open = (await known(state)).inFlight;
        if (open?.call === 'activation' && open.body === body) return finishActivation(open, signal);
        const { current } = await finishOpen(signal);
        const call: InFlight = { call: 'activation', nodeId, body, joinState: current };
        await state.joinState.write({ current, inFlight: call });
        return finishActivation(call, signal);
      }),
    report: (nodeId, signal) =>
      alone(async () => {
        const { current } = await finishOpen(signal);
        const call: InFlight = { call: 'events', nodeId, body: await events.nextBody(), joinState: current };
        await state.joinState.write({ current, inFlight: call });
        return finishReport(call, signal);
      }),
  };
}

type InFlight = NonNullable<StoredJoinState['inFlight']>;

async function known(state: State): Promise<StoredJoinState> {
  const stored = await state.joinState.read();
  if (stored !== null) return stored;
  throw new AgentError('E_STATE_INVALID', `${state.joinState.path} is missing on a registered machine`, {
    next: 'conjurer recover --new-identity',
    data: { path: state.joinState.path },
  });
}
