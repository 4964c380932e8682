import { createHash } from 'node:crypto';
import type { ChangeKind, HandoffChange } from '../../../bootstrap/change.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import type { Host } from '../../../bootstrap/host/host.ts';
import { paths } from '../../config/paths.ts';
import { cryptoRandom, retryAfterMs } from '../../controller/delay.ts';
import type { ConfigDocument, HandoffRequest } from '../../controller/protocol.ts';
import { readAppliedConfiguration } from '../configuration-store.ts';
import { driverOf } from '../drivers/drivers.ts';
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
      const document = (await readAppliedConfiguration(host.files, state))?.document ?? null;
      const body = JSON.stringify(await request(enrolment, host, change, document));
      const since = enrolment.now();
      const limitSeconds = document?.handoff?.operator.readiness?.timeoutSeconds ?? DEFAULT_READY_SECONDS;
      bus.emit({
        type: 'waiting',
        for: 'the first call of the management operator',
        who: 'time',
        since,
        next: `nothing for up to ${limitSeconds} s; to look: ${lookAt(change, document)}`,
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
        if (host.clock.monotonicMs() + delayMs > endMs)
          throw notReady(change, document, { since, now: enrolment.now() });
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

async function request(
  enrolment: EnrolmentParts,
  host: Host,
  change: HandoffChange,
  document: ConfigDocument | null,
): Promise<HandoffRequest> {
  const cluster = document?.cluster;
  const section = document?.handoff;
  const told = change.operator === null ? null : await host.files.read(paths.operatorHandoff);
  return {
    configGeneration: change.configGeneration,
    cluster: {
      distribution: cluster?.distribution ?? 'none',
      version: cluster?.kubernetesVersion ?? null,
      role: cluster?.role ?? null,
      nodeName: change.nodeName ?? enrolment.facts.get().hostname,
    },
    operator: change.operator === null ? null : { ...change.operator, ready: true },
    evidence: [
      ...(told === null ? [] : [{ kind: 'file', name: paths.operatorHandoff, sha256: sha256(told), ok: true }]),
      ...(document === null || section === undefined
        ? []
        : await driverOf(section).evidence(enrolment, { document, section })),
    ],
  };
}

function lookAt({ operator }: HandoffChange, document: ConfigDocument | null): string {
  const section = document?.handoff;
  return operator === null || section === undefined
    ? 'ask the admin of the Controller'
    : driverOf(section).lookAt(section);
}

function notReady(
  change: HandoffChange,
  document: ConfigDocument | null,
  { since, now }: { readonly since: Date; readonly now: Date },
): AgentError {
  const { operator } = change;
  const seconds = Math.round((now.getTime() - since.getTime()) / 1000);
  const who = operator === null ? 'the operator of the cluster' : `${operator.name} ${operator.version}`;
  return new AgentError('E_OPERATOR_NOT_READY', `${who} has not called the Controller in ${seconds} s`, {
    next: `${lookAt(change, document)}; then: conjurer run`,
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
