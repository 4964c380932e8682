import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { BASE_PATH, type OperatorHeartbeat } from '../../agent/controller/protocol.ts';
import { type HandoffDocument, type Mandate, readMandate } from './handoff.ts';

export type Seen = Pick<OperatorHeartbeat, 'cluster' | 'addons'>;

export interface OperatorOptions {
  /** Path of the hand-off document. */
  readonly handoff: string;
  /** Goes before every path. */
  readonly root: string;
  /** What the operator sees of its cluster, asked before each heartbeat. */
  watch(document: HandoffDocument): Promise<Seen>;
  /** Takes one line. */
  log(line: string): void;
  readonly signal: AbortSignal;
}

/** Calls the Controller every heartbeatSeconds until it is told to end. What it needs is read anew each time. */
export async function runOperator(options: OperatorOptions): Promise<void> {
  const { log, signal } = options;
  let link: Link | null = null;
  while (!signal.aborted) {
    const mandate = await readMandate(options.handoff, options.root).catch((error: unknown) => {
      log(`no hand-off document to go by: ${messageOf(error)}`);
      return null;
    });
    if (mandate) {
      link = await renewLink(link, mandate, log);
      await beat(link, options);
    }
    const seconds = mandate?.document.heartbeatSeconds ?? SECONDS_WITHOUT_DOCUMENT;
    await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
  }
  await link?.agent.destroy();
  log('ended');
}

const SECONDS_WITHOUT_DOCUMENT = 5;

/** The connections that belong to one state of the files. */
interface Link {
  readonly mandate: Mandate;
  readonly agent: Agent;
}

async function renewLink(link: Link | null, mandate: Mandate, log: OperatorOptions['log']): Promise<Link> {
  if (link && JSON.stringify(link.mandate) === JSON.stringify(mandate)) return link;
  const { nodeId, edgeName, configGeneration, heartbeatSeconds } = mandate.document;
  log(`${link ? 'files changed' : 'taking over'}: ${edgeName}, node ${nodeId}, configuration ${configGeneration}`);
  if (!link) log(`heartbeat every ${heartbeatSeconds} s`);
  await link?.agent.destroy();
  const { ca, key, certificate: cert } = mandate;
  const connect = { ca, key, cert, rejectUnauthorized: true, minVersion: 'TLSv1.3', timeout: 10_000 } as const;
  return { mandate, agent: new Agent({ connect, headersTimeout: 30_000, bodyTimeout: 30_000 }) };
}

/** Tries each address in turn, until one has taken the heartbeat. */
async function beat({ mandate, agent }: Link, { watch, log, signal }: OperatorOptions): Promise<void> {
  const { nodeId, controllerUrls } = mandate.document;
  const seen = await watch(mandate.document).catch((error: unknown) => {
    log(`the cluster was not seen: ${messageOf(error)}`);
    return null;
  });
  if (seen === null) return;
  for (const url of controllerUrls) {
    const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const heartbeat: OperatorHeartbeat = { at, ...seen };
    try {
      const { statusCode, body } = await request(`${url}${BASE_PATH}/operators/${nodeId}/heartbeat`, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(heartbeat),
        signal,
      });
      const answer = (await body.text()).slice(0, 500);
      log(statusCode === 202 ? `heartbeat taken by ${url}` : `heartbeat refused by ${url}: ${statusCode} ${answer}`);
      if (statusCode === 202) return;
    } catch (error) {
      if (!signal.aborted) log(`heartbeat did not reach ${url}: ${messageOf(error)}`);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
