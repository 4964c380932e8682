import type { Change, ChangeKind, RegistrationChange } from '../../../bootstrap/change.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import { imageOf } from '../../../bootstrap/facts/facts.ts';
import { paths } from '../../config/paths.ts';
import { verifyIssuedChain } from '../../controller/identity/issued-chain.ts';
import type { NodeCertificate, Registration } from '../../controller/protocol.ts';
import { checkVersions } from '../../controller/versions.ts';
import { awaitApproval } from '../approval.ts';
import type { EnrolmentParts } from '../enrolment.ts';
import { readNodeIdentity } from '../identity-store.ts';
import { REGISTER_AGAIN, watchForLoss } from '../lost-registration.ts';
import { prepareRequest } from '../registration-request.ts';
import { splay } from '../splay.ts';
import type { StoredRegistration } from '../state.ts';
import { rfc3339 } from '../time-text.ts';

/**
 * Calls 0 to 3: says who this machine is, waits for the approval of its key, and stores the certificate that was issued
 * for it. The request is synced before it is first sent, and sent again byte for byte after a crash.
 */
export function registrationKind(enrolment: EnrolmentParts): ChangeKind<RegistrationChange> {
  return {
    isDone: async (_change, host) => (await readNodeIdentity(host.files, enrolment.state)) !== null,
    async apply(change, _host, signal) {
      await enrolment.link.pinTrust();
      const request = await prepareRequest(enrolment, change);
      if (request.firstSentAt === null) await splay(enrolment, signal);
      const longPollMaxSeconds = await greet(enrolment, signal);
      const register = () => sendRequest(enrolment, request, signal);
      const lost = watchForLoss();
      for (;;) {
        const approved = await awaitApproval(enrolment, { request, register, longPollMaxSeconds, lost }, signal);
        const issued = await enrolment.link.ask(
          'fetch the certificate',
          controller => lost.orAgain(() => controller.certificate(approved.registrationId)),
          signal,
        );
        if (issued !== REGISTER_AGAIN) return store(enrolment, request, approved, issued);
      }
    },
    /** The Controller keeps a registration for a person to decide; on this side its files go. */
    async undo({ id }, { files }) {
      const absent: Change[] = [];
      for (const path of writtenHere) {
        if ((await files.stat(path)) !== null) continue;
        absent.push({ kind: 'secret-file', id: `${id}-${path}`, path, mode: 0o600, source: null });
      }
      return absent;
    },
  };
}

/** What this change writes, besides the journaled changes of its stage. */
const writtenHere = [paths.node, paths.nodeCertificate, paths.joinState, paths.registration, paths.trust];

/** Call 0: says early, and in words, when versions do not fit. Returns the Controller's longest long-poll in seconds. */
async function greet(enrolment: EnrolmentParts, signal: AbortSignal): Promise<number> {
  const image = imageOf(enrolment.facts.get());
  const meta = await enrolment.link.ask(
    'ask for the version',
    async controller => {
      const answer = await controller.meta('bootstrap');
      checkVersions({ meta: answer, image });
      return answer;
    },
    signal,
  );
  return meta.longPollMaxSeconds;
}

/** Call 1, the same bytes each time. */
async function sendRequest(
  enrolment: EnrolmentParts,
  request: StoredRegistration,
  signal: AbortSignal,
): Promise<Registration> {
  const { state, link } = enrolment;
  const stored = (await state.registration.read()) ?? request;
  const firstSentAt = stored.firstSentAt ?? rfc3339(enrolment.now());
  await state.registration.write({ ...stored, firstSentAt });
  const answer = await link.ask(
    'register',
    controller => controller.register(request.clusterId, request.body, request.idempotencyKey),
    signal,
  );
  await state.registration.write({ ...stored, firstSentAt, answer });
  return answer;
}

async function store(
  enrolment: EnrolmentParts,
  request: StoredRegistration,
  registration: Registration,
  issued: NodeCertificate,
): Promise<void> {
  const { host, state, link } = enrolment;
  const keyPem = await host.files.read(paths.nodeKey);
  if (keyPem === null) throw new AgentError('E_HOST_FILE', `${paths.nodeKey} is gone`, { next: 'conjurer recover' });
  const { cas } = await link.trust();
  const { leafSha256 } = verifyIssuedChain({
    chain: issued.chain,
    keyPem,
    cas,
    san: `urn:conjurer:node:${issued.nodeId}`,
    now: null,
  });
  await state.joinState.write({ current: registration.joinState, inFlight: null });
  await host.files.write(paths.nodeCertificate, issued.chain, 0o600);
  await state.node.write({
    nodeId: issued.nodeId,
    registrationId: registration.registrationId,
    edgeName: request.edgeName,
    certSha256: leafSha256,
    renewAfter: issued.renewAfter,
    notAfter: issued.notAfter,
  });
  await state.recovery.remove();
}
