import { createHash } from 'node:crypto';
import type { ChangeKind, HandoffChange } from '../../../bootstrap/change.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import type { Host } from '../../../bootstrap/host/host.ts';
import { paths } from '../../config/paths.ts';
import { cryptoRandom, retryAfterMs } from '../../controller/delay.ts';
import type { HandoffRequest } from '../../controller/protocol.ts';
import { readAppliedConfiguration } from '../configuration-store.ts';
import type { EnrolmentParts } from '../enrolment.ts';

const ASK_AGAIN_SECONDS = 5;
const DEFAULT_READY_SECONDS = 600;

/** Call 8, again and again until the Controller has heard from the operator itself. */
export function handoffKind(enrolment: EnrolmentParts): ChangeKind<HandoffChange> {
  const { state, link, lineage, bus } = enrolment;
  return {
    async isDone(change) {
      const stored = await state.handoff.read();
      return stored?.nodeId === change.nodeId && stored.generation === change.configGeneration;
    },
    async apply(change, host, signal) {
      const { nodeId, configGeneration } = change;
      const body = JSON.stringify(await request(enrolment, host, change));
      const since = enrolment.now();
      const limitSeconds = await readySeconds(enrolment, host);
      bus.emit({
        type: 'waiting',
        for: 'the first call of the management operator',
        who: 'time',
        since,
        next: nextOf(change, limitSeconds),
      });
      const endMs = host.clock.monotonicMs() + 1000 * limitSeconds;
      for (;;) {
        const answer = await link.ask(
          'hand off',
          async controller => controller.handoff(nodeId, body, await lineage.current()),
          signal,
        );
        if (answer.state === 'ready') break;
        obey(enrolment, configGeneration);
        const delayMs = retryAfterMs(answer.retryAfterSeconds ?? ASK_AGAIN_SECONDS, true, link.patience, cryptoRandom);
        if (host.clock.monotonicMs() + delayMs > endMs) throw notReady(change, since, enrolment.now());
        await host.clock.sleep(delayMs, signal);
      }
      bus.emit({ type: 'wait-ended' });
      await state.handoff.write({ nodeId, generation: configGeneration, state: 'ready' });
      await enrolment.events.add({
        code: 'handoff_done',
        level: 'info',
        message: 'the management operator is in charge',
        generation: configGeneration,
      });
    },
    // The Controller counts on the operator from here on; only `conjurer reset` takes that back.
    undo: async () => [],
  };
}

/** What the Controller said meanwhile, by the answers to the heartbeat. */
function obey({ orders }: EnrolmentParts, generation: number): void {
  if (orders.decommission) {
    throw new AgentError('E_NODE_DECOMMISSIONED', 'the Controller asks this node to leave its cluster');
  }
  if (orders.refetch || orders.configGeneration > generation) {
    throw new AgentError('E_CONFIG_SUPERSEDED', 'the Controller has a newer configuration', {
      seen: `generation ${orders.configGeneration}`,
      wanted: `generation ${generation}, which is being handed off`,
    });
  }
}

async function request(enrolment: EnrolmentParts, host: Host, change: HandoffChange): Promise<HandoffRequest> {
  const cluster = (await readAppliedConfiguration(host.files, enrolment.state))?.document.cluster;
  const document = change.operator === null ? null : await host.files.read(paths.operatorHandoff);
  return {
    configGeneration: change.configGeneration,
    cluster: {
      distribution: cluster?.distribution ?? 'none',
      version: cluster?.kubernetesVersion ?? null,
      role: cluster?.role ?? null,
      nodeName: enrolment.facts.get().hostname,
    },
    operator: change.operator === null ? null : { ...change.operator, ready: true },
    evidence:
      document === null ? [] : [{ kind: 'file', name: paths.operatorHandoff, sha256: sha256(document), ok: true }],
  };
}

async function readySeconds(enrolment: EnrolmentParts, host: Host): Promise<number> {
  const configuration = await readAppliedConfiguration(host.files, enrolment.state);
  return configuration?.document.handoff?.operator.readiness?.timeoutSeconds ?? DEFAULT_READY_SECONDS;
}

function nextOf({ operator }: HandoffChange, limitSeconds: number): string {
  const look = operator === null ? 'ask the admin of the Controller' : `systemctl status ${operator.name}`;
  return `nothing for up to ${limitSeconds} s; to look: ${look}`;
}

function notReady({ operator }: HandoffChange, since: Date, now: Date): AgentError {
  const seconds = Math.round((now.getTime() - since.getTime()) / 1000);
  const who = operator === null ? 'the operator of the cluster' : `${operator.name} ${operator.version}`;
  return new AgentError('E_OPERATOR_NOT_READY', `${who} has not called the Controller in ${seconds} s`);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
