import { createHash, X509Certificate } from 'node:crypto';
import type { CertificateChange, ChangeKind } from '../../../bootstrap/change.ts';
import { AgentError } from '../../../bootstrap/errors.ts';
import type { Host } from '../../../bootstrap/host/host.ts';
import { createCsr } from '../../controller/identity/csr.ts';
import { verifyIssuedChain } from '../../controller/identity/issued-chain.ts';
import { generateNodeKey } from '../../controller/identity/key.ts';
import type { IssuedCertificate } from '../../controller/protocol.ts';
import { REQUEST, readRequest, requestText } from '../certificate-request.ts';
import type { EnrolmentParts } from '../enrolment.ts';
import { NEXT, readPair } from '../identity-store.ts';
import type { StoredCertificate } from '../state.ts';

/**
 * Calls 9 and 13. The key and the request are synced before the first send, and the Controller answers the same request
 * with the same certificate, so a cut at any point ends in one certificate. A renewed pair takes its place by two
 * renames, the key's first (identity-store.ts reads what a cut between them leaves).
 */
export function certificateKind(enrolment: EnrolmentParts): ChangeKind<CertificateChange> {
  return {
    async isDone(change, { files }) {
      if ((await files.stat(change.keyPath + REQUEST)) !== null) return false;
      const pair = await readPair(files, change.keyPath, change.certificatePath);
      if (pair === null) return false;
      const current = leafSha256(pair.cert);
      return current !== change.replaces && (await storedOf(enrolment, change))?.certSha256 === current;
    },
    async apply(change, host, signal) {
      const suffix = change.replaces === null ? '' : NEXT;
      const key = await keyFor(host, change, suffix);
      const csr = await requestFor(enrolment, host, change, key);
      const issued = await enrolment.link.ask(
        change.role === 'node' ? 'renew the certificate' : "fetch the operator's certificate",
        async controller => {
          const joinState = await enrolment.lineage.current();
          return change.role === 'node'
            ? controller.renew(change.nodeId, csr, joinState)
            : controller.operatorCertificate(change.nodeId, csr, joinState);
        },
        signal,
      );
      await install(enrolment, host, change, { suffix, key, issued });
    },
    // The old key is not kept, so there is nothing to go back to.
    undo: async () => [],
  };
}

export function leafSha256(certificatePem: Buffer): string {
  return createHash('sha256').update(new X509Certificate(certificatePem).raw).digest('hex');
}

async function keyFor({ files }: Host, { keyPath }: CertificateChange, suffix: string): Promise<Buffer> {
  // A renewal that was cut after its first rename has its new key in place already: the request tells.
  const waiting = await files.read(keyPath + suffix);
  if (waiting !== null) return waiting;
  const current = await files.read(keyPath);
  if (current !== null && (suffix === '' || (await files.stat(keyPath + REQUEST)) !== null)) return current;
  if (suffix === '') throw new AgentError('E_HOST_FILE', `${keyPath} is gone`, { next: 'conjurer run' });
  const { keyPem } = generateNodeKey();
  await files.write(keyPath + suffix, keyPem, 0o600);
  return keyPem;
}

async function requestFor(
  enrolment: EnrolmentParts,
  { files }: Host,
  { keyPath, replaces }: CertificateChange,
  key: Buffer,
): Promise<string> {
  const stored = await readRequest(files, keyPath);
  if (stored !== null) return stored.csr;
  const { clusterId } = await enrolment.link.trust();
  const edgeName = (await enrolment.state.node.read())?.edgeName ?? enrolment.edgeName();
  const csr = await createCsr(key, { clusterId, edgeName });
  await files.write(keyPath + REQUEST, requestText({ csr, replaces }), 0o600);
  return csr;
}

async function install(
  enrolment: EnrolmentParts,
  { files }: Host,
  change: CertificateChange,
  { suffix, key, issued }: { suffix: string; key: Buffer; issued: IssuedCertificate },
): Promise<void> {
  const { keyPath, certificatePath, role, nodeId } = change;
  const { cas } = await enrolment.link.trust();
  const san = `urn:conjurer:${role}:${nodeId}`;
  const verified = verifyIssuedChain({ chain: issued.chain, keyPem: key, cas, san, now: null });
  await files.write(certificatePath + suffix, issued.chain, 0o600);
  if (suffix !== '') {
    if ((await files.stat(keyPath + suffix)) !== null) await files.rename(keyPath + suffix, keyPath);
    await files.rename(certificatePath + suffix, certificatePath);
  }
  const { renewAfter, notAfter } = issued;
  await remember(enrolment, role, { certSha256: verified.leafSha256, renewAfter, notAfter });
  await files.remove(keyPath + REQUEST);
  if (role === 'node') await enrolment.link.refresh();
}

async function storedOf({ state }: EnrolmentParts, { role }: CertificateChange): Promise<StoredCertificate | null> {
  return role === 'node' ? state.node.read() : state.operator.read();
}

async function remember({ state }: EnrolmentParts, role: 'node' | 'operator', stored: StoredCertificate) {
  if (role === 'operator') return state.operator.write(stored);
  const node = await state.node.read();
  if (node !== null) await state.node.write({ ...node, ...stored });
}
