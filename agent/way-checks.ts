import { AgentError } from '../bootstrap/errors.ts';
import type { CheckResult } from '../bootstrap/preflight/check.ts';
import type { CheckId } from '../bootstrap/preflight/check-table.ts';
import { resultOf } from '../bootstrap/preflight/result.ts';
import type { Base } from './assemble.ts';
import { requiredEdgeName } from './config/load.ts';
import type { ReachabilityOptions } from './controller/reachability.ts';
import { checkController } from './controller/reachability.ts';
import { readNodeIdentity } from './enrolment/identity-store.ts';
import { bootstrapIdentity } from './enrolment/link.ts';
import { openInputFiles } from './enrolment/open-inputs.ts';
import { proxyInForce } from './enrolment/proxy-in-force.ts';
import { openState } from './enrolment/state.ts';
import { rfc3339 } from './enrolment/time-text.ts';

/** What enrolment itself needs: usable inputs, and a Controller that can be reached layer by layer. Changes nothing. */
export async function checkWay(base: Base, signal: AbortSignal): Promise<readonly CheckResult[]> {
  const { results, way } = await checkInputs(base);
  return way === null ? results : [...results, ...(await checkController({ ...way, signal }))];
}

type Way = Pick<ReachabilityOptions, 'urls' | 'cas' | 'identity' | 'proxy' | 'clock' | 'patience'>;

async function checkInputs(base: Base): Promise<{ results: CheckResult[]; way: Way | null }> {
  const { host, typed, config, redactor } = base;
  const state = openState(host.files);
  const name = await timed(base, 'edge-name', async () => {
    const edgeName = requiredEdgeName(config);
    return { observed: edgeName, value: edgeName };
  });
  const proxy = await proxyInForce({ host, typed, state, config, redactor });
  const usual = { proxy, clock: host.clock, patience: config.enrolment.patience };
  const node = await readNodeIdentity(host.files, state);
  const trust = await state.trust.read();
  if (node !== null && trust !== null) {
    const enrolled = await timed(base, 'credentials', async () => ({
      observed: `enrolled as ${node.node.nodeId}; the certificate is valid to ${node.node.notAfter}`,
      value: null,
    }));
    const urls = trust.controllerUrls as [string, ...string[]];
    return { results: [name.result, enrolled.result], way: { ...usual, urls, cas: trust.cas, identity: node } };
  }
  const opened = await timed(base, 'credentials', async () => {
    const inputs = {
      hosts: { host, typed, uid: base.uid },
      passphrase: config.passphraseFile,
      credentials: config.credentialsFile,
    };
    const value = await openInputFiles(inputs, redactor, host.clock.now());
    return { observed: `cluster ${value.clusterId}, valid to ${rfc3339(value.notAfter)}`, value };
  });
  const results = [name.result, opened.result];
  if (opened.value === null) return { results, way: null };
  const { controllerUrls, cas } = opened.value;
  const urls = controllerUrls as [string, ...string[]];
  return { results, way: { ...usual, urls, cas, identity: bootstrapIdentity(opened.value) } };
}

async function timed<T>(
  { host }: Base,
  id: CheckId,
  look: () => Promise<{ observed: string; value: T }>,
): Promise<{ result: CheckResult; value: T | null }> {
  const startMs = host.clock.monotonicMs();
  const durationMs = () => host.clock.monotonicMs() - startMs;
  try {
    const { observed, value } = await look();
    return { result: resultOf(id, { status: 'pass', observed }, durationMs()), value };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const check = error.check === undefined ? '' : ` [${error.check}]`;
    const observed = `${error.code}${check}: ${error.message}${error.seen === undefined ? '' : `: ${error.seen}`}`;
    return { result: resultOf(id, { status: 'fail', observed, fix: error.next }, durationMs()), value: null };
  }
}
