import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RegistrationRecord } from '../records.ts';
import type { AdminClient } from './client.ts';
import type { NodeView } from './nodes.ts';

/** Where the words of a command go, and who answers its questions. */
export interface AdminConsole {
  /** What was asked for. */
  print(line: string): void;
  /** What is said beside it: errors, hints. */
  note(line: string): void;
  /** Asks a person; false without a terminal. */
  confirm(question: string): Promise<boolean>;
}

/** What a command has to work with. */
export interface Session extends AdminConsole {
  readonly admin: AdminClient;
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | string[] | undefined>>;
}

/** A mistake of the person at the keyboard: shown as it is, with status 2. */
export class UsageError extends Error {}

export const waits = ({ state }: RegistrationRecord): boolean => state === 'discovered' || state === 'quarantined';

export function named(what: string) {
  return ({ registrationId, edgeName }: RegistrationRecord): boolean => registrationId === what || edgeName === what;
}

export async function findRegistration({ admin, words }: Session): Promise<RegistrationRecord> {
  const [what = need('EDGE|ID')] = words;
  const all = (await admin.registrations()).filter(named(what));
  const waiting = all.filter(waits);
  if (waiting.length > 1) {
    const choice = waiting.map(one => `  ${registrationLine(one)}`).join('\n');
    throw new UsageError(`several registrations of ${what} wait; name one by its id:\n${choice}`);
  }
  const found = waiting[0] ?? all.at(-1);
  if (!found) throw new UsageError(`no registration is called ${what}; list shows those that wait`);
  return found;
}

export async function findNode({ admin, words }: Session): Promise<NodeView> {
  const [what = need('EDGE|ID')] = words;
  const all = (await admin.nodes()).filter(({ nodeId, edgeName }) => nodeId === what || edgeName === what);
  const found = all.findLast(({ state }) => state !== 'decommissioned') ?? all.at(-1);
  if (!found) throw new UsageError(`no node is called ${what}; list shows them all`);
  return found;
}

export async function clusterOf({ admin, flags }: Session): Promise<string> {
  const clusters = await admin.clusters();
  const only = clusters.length === 1 ? clusters[0]?.clusterId : undefined;
  return text(flags.cluster) ?? only ?? need('--cluster ID');
}

export function registrationLine(registration: RegistrationRecord): string {
  const { registrationId, edgeName, state, claimCode, hold, request } = registration;
  const checks = request.preflight?.verdict === 'fail' ? request.preflight.checks : [];
  const failed = checks.filter(({ status, waived }) => status === 'fail' && waived === undefined).map(({ id }) => id);
  const alive = failed.length === 0 ? '' : `  alive, but preflight ${failed.join(', ')} failed`;
  return `${edgeName}  ${registrationId}  ${state}  ${claimCode}${hold === null ? '' : `  held: ${hold}`}${alive}`;
}

export function nodeLine({
  edgeName,
  nodeId,
  state,
  appliedGeneration,
  configGeneration,
  suspicions,
}: NodeView): string {
  const open = suspicions.filter(suspicion => suspicion.state === 'open').length;
  const stale = open === 0 ? '' : `  CLONE SUSPECTED (${open}); release ${edgeName}`;
  return `${edgeName}  ${nodeId}  ${state}  config ${appliedGeneration} of ${configGeneration}${stale}`;
}

export function savePair(out: string, { passphrase, credentials }: { passphrase: string; credentials: string }): void {
  mkdirSync(out, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries({ passphrase, 'credentials.pem': credentials })) {
    const file = path.join(out, name);
    rmSync(file, { force: true });
    writeFileSync(file, content, { mode: 0o400, flag: 'wx' });
  }
}

export function keyValue(pair: string): [string, string | number] {
  const [key, ...rest] = pair.split('=');
  return [key ?? '', value(rest.join('=')) ?? ''];
}

export function value(given: string | null): string | number | null {
  return given !== null && /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given;
}

export function text(flag: string | boolean | string[] | undefined): string | null {
  return typeof flag === 'string' ? flag : null;
}

export function list(flag: string | boolean | string[] | undefined): string[] {
  return Array.isArray(flag) ? flag : [];
}

export function need(what: string): never {
  throw new UsageError(`${what} is missing`);
}
