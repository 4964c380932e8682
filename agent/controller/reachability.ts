import type { TLSSocket } from 'node:tls';
import { AgentError } from '../../bootstrap/errors.ts';
import type { CheckResult } from '../../bootstrap/preflight/check.ts';
import type { CheckId } from '../../bootstrap/preflight/check-table.ts';
import { type Answer, describeAnswer, parseJson, unpack } from './answer.ts';
import { type Dialing, dial, openTcp, resolveHost, startTls, throughProxy } from './dial.ts';
import { openLane } from './lane.ts';
import { createResolve } from './name.ts';
import { unreachable } from './network-error.ts';
import { errorOf } from './problem.ts';
import { BASE_PATH, type Image, Meta } from './protocol.ts';
import { chooseProxy, hostOf, portOf } from './proxy.ts';
import { createCheckList, type Finding } from './reachability-list.ts';
import { sourceAddress } from './source-address.ts';
import { within } from './time-limit.ts';
import { type ClientIdentity, NotVerified } from './tls.ts';
import { oneLine } from './untrusted.ts';
import { checkVersions } from './versions.ts';

export interface ReachabilityOptions extends Omit<Dialing, 'resolve'> {
  /** The Controller's addresses: 1 to 4 of https://host[:port]. */
  readonly urls: readonly [string, ...string[]];
  /** The pinned CAs, PEM. */
  readonly cas: readonly string[];
  /** The image of this machine, for whether Controller and image fit; null: it is made from none. */
  readonly image: Image | null;
  /** The certificate to show; null where there is none to show yet. */
  readonly identity: ClientIdentity | null;
  readonly signal?: AbortSignal;
}

/** From the lowest layer up; each needs those before it. */
export const controllerChecks = [
  'controller-name',
  'controller-address',
  'controller-tcp',
  'controller-proxy',
  'controller-tls',
  'controller-mtls',
  'controller-http',
  'image-controller-compat',
  'time-skew',
] as const satisfies readonly CheckId[];

/** Differences between this machine's clock and the Controller's, in seconds. */
const SKEW_WARNS = 5;
const SKEW_FAILS = 60;

/**
 * Whether the Controller can be reached, layer by layer, each with its own result and time limit; above a layer that
 * fails all is `skip`. Of several addresses: the results of the first one where nothing fails, else those of the first.
 * Sends one request an address, call 0. Rejects only with the reason of `signal`, or with a bug.
 */
export async function checkController(options: ReachabilityOptions): Promise<readonly CheckResult[]> {
  const [first, ...others] = options.urls;
  const results = await checkAddress(new URL(first), options);
  if (passes(results)) return results;
  for (const url of others) {
    const next = await checkAddress(new URL(url), options);
    if (passes(next)) return next;
  }
  return results;
}

function passes(results: readonly CheckResult[]): boolean {
  return results.every(({ status }) => status !== 'fail');
}

async function checkAddress(url: URL, options: ReachabilityOptions): Promise<readonly CheckResult[]> {
  const { cas, identity, clock, signal } = options;
  const dialing: Dialing = { ...options, resolve: createResolve() };
  const { check, aside, results } = createCheckList(clock.monotonicMs, signal);
  const proxy = chooseProxy(url, options.proxy);
  const [host, port] = proxy === null ? [hostOf(url), portOf(url)] : [proxy.host, proxy.port];

  const addresses = await check('controller-name', async () => {
    const value = await resolveHost(host, dialing, signal);
    return { value, observed: `${host}: ${value.map(({ address }) => address).join(', ')}` };
  });
  await check('controller-address', async () => {
    const { from, to } = await sourceAddress(addresses ?? [], port);
    return { value: null, observed: `from ${from} to ${to}` };
  });
  const socket = await check('controller-tcp', async () => {
    const value = await openTcp(addresses ?? [], port, dialing, signal);
    return { value, observed: `${value.remoteAddress} port ${value.remotePort}` };
  });
  const route = await check('controller-proxy', async () => {
    if (proxy === null || socket === null) return { value: socket, observed: 'no proxy for this host', status: 'skip' };
    return { value: await throughProxy(socket, url, proxy, dialing, signal), observed: `${proxy.shown} opens the way` };
  });
  await check('controller-tls', async () => {
    const started =
      route === null ? dial(url, cas, null, dialing, signal) : startTls(route, url, cas, null, dialing, signal);
    const value = await started.catch((error: unknown) => {
      if (!(error instanceof NotVerified)) throw error;
      return dial(url, cas, null, dialing, signal);
    });
    const observed = describeServer(value);
    value.destroy();
    return { value: null, observed };
  });
  const asked = await check('controller-mtls', async () => {
    if (identity === null) return { value: null, observed: 'no certificate to show yet', status: 'skip' };
    return certificateFinding(await askMeta(url, options, dialing));
  });
  const answer = await check('controller-http', async () =>
    protocolFinding(asked ?? (await askMeta(url, options, dialing)), identity !== null),
  );
  await aside('image-controller-compat', async () => versionFinding(answer, options.image));
  await check('time-skew', async () => skewFinding(answer?.headers.date, clock.now()));
  return results;
}

async function askMeta(url: URL, options: ReachabilityOptions, dialing: Dialing): Promise<Answer> {
  const { headersSeconds, callSeconds } = options.patience.timeouts;
  const late = () =>
    unreachable('http', 'the call was not finished in time', { wanted: `an answer in ${callSeconds} s` });
  return within(1000 * callSeconds, options.signal, late, async signal => {
    const socket = await dial(url, options.cas, options.identity, dialing, signal);
    const lane = openLane(socket, url.origin, options.identity !== null);
    const headers = { accept: 'application/json, application/problem+json', 'accept-encoding': 'gzip' };
    const request = { method: 'GET', path: `${BASE_PATH}/meta`, headers, body: null } as const;
    try {
      return await unpack(await lane.send({ ...request, headersMs: 1000 * headersSeconds }, signal));
    } finally {
      await lane.close();
    }
  });
}

function certificateFinding(answer: Answer): Finding<Answer> {
  if (answer.status < 300) return { value: answer, observed: 'the certificate is accepted' };
  const error = errorOf(answer);
  if (error.code === 'E_ANSWER_FOREIGN')
    return { value: answer, observed: 'the Controller did not say', status: 'error' };
  if (answer.status === 401 || answer.status === 403) throw error;
  return { value: answer, observed: `the certificate is not refused: ${error.seen}` };
}

function protocolFinding(answer: Answer, showedCertificate: boolean): Finding<Answer> {
  if (answer.status < 300) {
    const { controllerVersion, clusterId } = parseJson(answer, Meta);
    return { value: answer, observed: `Controller ${controllerVersion}, cluster ${clusterId}` };
  }
  const error = errorOf(answer);
  if (error.code === 'E_ANSWER_FOREIGN') throw error;
  const observed = `${describeAnswer(answer)}: ${error.message}`;
  if (error.code === 'E_CLIENT_CERT_MISSING' && !showedCertificate) return { value: answer, observed };
  return { value: answer, observed, status: 'warn', fix: error.next };
}

function versionFinding(answer: Answer | null, image: Image | null): Finding<null> {
  if (answer === null || answer.status >= 300) {
    return { value: null, observed: 'the Controller did not say its version', status: 'error' };
  }
  const meta = parseJson(answer, Meta);
  try {
    checkVersions({ meta, image });
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const observed = `${error.message}: ${error.seen}`;
    return { value: null, observed, status: 'fail', required: `${error.wanted}`, fix: error.next };
  }
  const made = image === null ? 'this machine is made from no image' : `image ${image.version}`;
  return { value: null, observed: `Controller ${meta.controllerVersion}, ${made}` };
}

function skewFinding(date: string | undefined, now: Date): Finding<null> {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return { value: null, observed: 'the Controller did not say its time', status: 'error' };
  const seconds = Math.round((now.getTime() - theirs) / 1000);
  const status = Math.abs(seconds) > SKEW_FAILS ? 'fail' : Math.abs(seconds) > SKEW_WARNS ? 'warn' : 'pass';
  const observed = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the Controller`;
  return { value: null, observed, status, fix: 'give this machine a time server (timedatectl; network.ntp)' };
}

function describeServer(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return `${socket.getProtocol()}`;
  const [subject, issuer] = [certificate.subject, certificate.issuer].map(oneLine);
  return `${socket.getProtocol()}, ${subject}, issued by ${issuer}, valid to ${certificate.validTo}`;
}
