import { AgentError } from '../bootstrap/errors.ts';
import type { CheckResult } from '../bootstrap/preflight/check.ts';
import type { CheckId } from '../bootstrap/preflight/check-table.ts';
import { resultOf } from '../bootstrap/preflight/result.ts';
import type { Base } from './assemble.ts';
import { requiredEdgeName } from './config/load.ts';
import type { ReachabilityOptions } from './controller/reachability.ts';
import { readNodeIdentity } from './enrolment/identity-store.ts';
import { bootstrapIdentity } from './enrolment/link.ts';
import { openInputFiles } from './enrolment/open-inputs.ts';
import { proxyInForce } from './enrolment/proxy-in-force.ts';
import { openState } from './enrolment/state.ts';
import { rfc3339 } from './enrolment/time-text.ts';

/** Where the Controller is, and what is shown to it. */
export type Way = Pick<ReachabilityOptions, 'urls' | 'cas' | 'identity' | 'proxy' | 'clock' | 'patience'>;

export interface FoundWay {
  /** Of the inputs: configuration, edge name, credentials. */
  readonly results: readonly CheckResult[];
  /** null: the results say why. */
  readonly way: Way | null;
}

/** What enrolment itself needs. Opens the credentials, sends nothing. */
export async function findWay(base: Base): Promise<FoundWay> {
  const config = await timed(base, 'config', async () => {
    if (base.configProblem !== null) throw base.configProblem;
    return { observed: configSeen(base), value: true };
  });
  const name = await timed(base, 'edge-name', async () => {
    if (base.config.edgeName === null && base.configProblem?.code === 'E_HOST_FILE') throw base.configProblem;
    const edgeName = requiredEdgeName(base.config);
    return { observed: edgeName, value: edgeName };
  });
  const credentials = await timed(base, 'credentials', () => openWay(base));
  return { results: [config.result, name.result, credentials.result], way: credentials.value };
}

function configSeen({ origins }: Base): string {
  const places = new Set(Object.values(origins).map(origin => origin.replace(/, line \d+$/, '')));
  places.delete('default');
  return places.size === 0 ? 'nothing is configured: the defaults' : [...places].sort().join(', ');
}

async function openWay(base: Base): Promise<{ observed: string; value: Way }> {
  const { host, typed, config, redactor, uid } = base;
  const state = openState(host.files);
  const usual = {
    proxy: await proxyInForce({ host, typed, state, config, redactor }),
    clock: host.clock,
    patience: config.enrolment.patience,
  };
  const node = await readNodeIdentity(host.files, state);
  const trust = await state.trust.read();
  if (node !== null && trust !== null) {
    const observed = `enrolled as ${node.node.nodeId}; the certificate is valid to ${node.node.notAfter}`;
    return { observed, value: { ...usual, urls: atLeastOne(trust.controllerUrls), cas: trust.cas, identity: node } };
  }
  const inputs = {
    hosts: { host, typed, uid },
    passphrase: config.passphraseFile,
    credentials: config.credentialsFile,
  };
  const opened = await openInputFiles(inputs, redactor, host.clock.now());
  const { clusterId, notAfter, controllerUrls, cas } = opened;
  const observed = `cluster ${clusterId}, valid to ${rfc3339(notAfter)}`;
  return { observed, value: { ...usual, urls: atLeastOne(controllerUrls), cas, identity: bootstrapIdentity(opened) } };
}

function atLeastOne(urls: readonly string[]): readonly [string, ...string[]] {
  return urls as [string, ...string[]];
}

async function timed<T>(
  { host, uid }: Base,
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
    return { result: resultOf(id, findingOf(error, uid), durationMs()), value: null };
  }
}

/** What root alone may read is not wrong because somebody else cannot. */
function findingOf(error: AgentError, uid: number) {
  const check = error.check === undefined ? '' : ` [${error.check}]`;
  const observed = `${error.code}${check}: ${error.message}${error.seen === undefined ? '' : `: ${error.seen}`}`;
  if (uid !== 0 && error.code === 'E_HOST_FILE') {
    return { status: 'error', observed: `only root may read that: ${error.message}` } as const;
  }
  return { status: 'fail', observed, fix: error.next } as const;
}
