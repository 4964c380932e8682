import type { RegistrationChange } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { hardwareOf, imageOf, resourcesOf } from '../../bootstrap/facts/facts.ts';
import { paths } from '../config/paths.ts';
import { createCsr } from '../controller/identity/csr.ts';
import { idempotencyKey } from '../controller/identity/fingerprint.ts';
import { publicIdentity } from '../controller/identity/key.ts';
import { PROTOCOL, type RegistrationRequest } from '../controller/protocol.ts';
import { version } from '../version.ts';
import type { EnrolmentParts } from './enrolment.ts';
import type { StoredRegistration } from './state.ts';

/**
 * The request of call 1 as it lies on disk, or a new one where there is none for this key, name, cluster and intent.
 * A CSR's signature differs each time it is made, so the bytes are made once and kept.
 */
export async function prepareRequest(
  enrolment: EnrolmentParts,
  change: RegistrationChange,
): Promise<StoredRegistration> {
  const { host, state } = enrolment;
  const keyPem = await host.files.read(paths.nodeKey);
  if (keyPem === null) throw new AgentError('E_HOST_FILE', `${paths.nodeKey} is gone`, { next: 'conjurer recover' });
  const { keyFingerprint, claimCode, spki } = publicIdentity(keyPem);
  const stored = await state.registration.read();
  const ticket = (await enrolment.recovery()).ticket;
  if (stored !== null && stored.keyFingerprint === keyFingerprint && isSame(stored, change, ticket)) return stored;

  const { clusterId, edgeName, intent } = change;
  const facts = enrolment.facts.get();
  const preflight = enrolment.preflight.known();
  const request: RegistrationRequest = {
    edgeName,
    csr: await createCsr(keyPem, { clusterId, edgeName }),
    image: imageOf(facts),
    agentVersion: version.version,
    protocol: PROTOCOL,
    instanceId: facts.cloudInit.instanceId,
    bootId: facts.bootId,
    hardware: hardwareOf(facts),
    resources: resourcesOf(facts),
    ...(preflight === null ? {} : { preflight }),
    intent,
    ...(ticket === null ? {} : { recoveryTicket: ticket }),
  };
  const made: StoredRegistration = {
    clusterId,
    edgeName,
    intent,
    keyFingerprint,
    claimCode,
    idempotencyKey: idempotencyKey(clusterId, edgeName, spki),
    body: JSON.stringify(request),
    firstSentAt: null,
    answer: null,
  };
  await state.registration.write(made);
  return made;
}

function isSame(stored: StoredRegistration, change: RegistrationChange, ticket: string | null): boolean {
  const sent = JSON.parse(stored.body) as RegistrationRequest;
  return (
    stored.clusterId === change.clusterId &&
    stored.edgeName === change.edgeName &&
    stored.intent === change.intent &&
    (sent.recoveryTicket ?? null) === ticket
  );
}
