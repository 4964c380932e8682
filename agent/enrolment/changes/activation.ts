import type { ActivationChange, ChangeKind } from '../../../bootstrap/change.ts';
import { gatherFacts } from '../../../bootstrap/facts/gather.ts';
import type { ActivationRequest } from '../../controller/protocol.ts';
import type { EnrolmentParts } from '../enrolment.ts';

/** Calls 4 and 7. The Controller is told of each boot once; the facts go with it. */
export function activationKind(enrolment: EnrolmentParts): ChangeKind<ActivationChange> {
  const { state, link, lineage } = enrolment;
  return {
    async isDone(change) {
      const told = await state.activation.read();
      return told !== null && isFor(told, change) && told.factsSent;
    },
    async apply(change, _host, signal) {
      await link.refresh();
      const { registrationId, bootId, nodeId } = change;
      const told = await state.activation.read();
      if (told === null || !isFor(told, change)) {
        const certSha256 = (await state.node.read())?.certSha256 ?? change.certSha256;
        const body = JSON.stringify({ registrationId, certSha256, bootId } satisfies ActivationRequest);
        await lineage.activate(nodeId, body, signal);
      }
      await sendFacts(enrolment, nodeId, signal);
    },
    // The point of no return: what the Controller counts, only `conjurer reset` takes back.
    undo: async () => [],
  };
}

function isFor(told: { nodeId: string; bootId: string | null }, change: ActivationChange): boolean {
  return told.nodeId === change.nodeId && told.bootId === change.bootId;
}

/** Read anew: the stage network may have given this machine other addresses and another name since the run began. */
async function sendFacts({ host, state, link, lineage }: EnrolmentParts, nodeId: string, signal: AbortSignal) {
  const body = JSON.stringify(await gatherFacts(host, signal));
  await link.ask('send the facts', async controller => controller.facts(nodeId, body, await lineage.current()), signal);
  const told = await state.activation.read();
  if (told !== null) await state.activation.write({ ...told, factsSent: true });
}
