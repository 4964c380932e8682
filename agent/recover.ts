import { resolve } from 'node:path';
import { AgentError } from '../bootstrap/errors.ts';
import type { StageName } from '../bootstrap/stage.ts';
import type { RecoverOptions, RecoveryStep, RunOptions, StageSelection } from './agent.ts';
import type { Base } from './assemble.ts';
import { paths } from './config/paths.ts';
import { publicIdentity } from './controller/identity/key.ts';
import { openState, type State, type StateFile, type StoredRecovery } from './enrolment/state.ts';
import { readStatus } from './pipeline/status.ts';
import { runStages } from './run.ts';

/** One thing that a recovery does before it runs. */
interface Remedy extends RecoveryStep {
  carryOut(): Promise<void>;
}

/** What the person reads before saying yes: what is in the way, and what will be done about it. */
export async function recoveryPlan(base: Base, options: RecoverOptions): Promise<RecoveryStep[]> {
  const remedies = await findRemedies(base, options);
  const run = { title: 'run the pipeline', why: 'what holds is left as it is, what is missing is done' };
  return [...remedies.map(({ title, why }) => ({ title, why })), run];
}

/** Clears what blocks, keeps what holds, runs. What was asked for is on disk first, so a cut recovery is gone on with. */
export async function recover(
  base: Base,
  options: RecoverOptions & Omit<RunOptions, keyof StageSelection>,
  signal: AbortSignal,
): Promise<boolean> {
  const { wait, splay, removeInputs } = options;
  return runStages(base, { wait, splay, removeInputs }, signal, async () => {
    for (const remedy of await findRemedies(base, options)) await remedy.carryOut();
  });
}

async function findRemedies(base: Base, options: RecoverOptions): Promise<Remedy[]> {
  const state = openState(base.host.files);
  const damaged = await findDamaged(base, state);
  return [
    ...damaged,
    ...(damaged.length > 0 ? [] : await findIdentityRemedy(base, state, options)),
    ...forgetFrom(state, options.from),
    {
      title: 'forget the retries that were used up',
      why: 'the next call is made at once',
      carryOut: () => base.host.files.remove(paths.retryBudget),
    },
  ];
}

async function findDamaged({ host }: Base, state: State): Promise<Remedy[]> {
  const remedies: Remedy[] = [];
  for (const file of Object.values(state) as StateFile<unknown>[]) {
    try {
      await file.read();
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'E_STATE_INVALID') throw error;
      const aside = `${paths.setAside}/damaged-${host.clock.now().getTime()}-${file.path.slice(paths.stateDir.length + 1)}`;
      remedies.push({
        title: `set ${file.path} aside`,
        why: error.message,
        carryOut: () => host.files.rename(file.path, aside),
      });
    }
  }
  return remedies;
}

/** Errors that a key cannot come back from: its registration or certificate is over. */
const endings: Readonly<Record<string, string>> = {
  E_CLIENT_CERT_EXPIRED: 'the certificate of this machine has expired',
  E_CLIENT_CERT_REVOKED: 'the certificate of this machine is revoked',
  E_CLIENT_CERT_UNTRUSTED: 'the Controller does not trust the certificate of this machine',
  E_ALREADY_ACTIVATED: 'the certificate of this machine is lost, and is issued only once',
  E_REGISTRATION_DENIED: 'the registration of this key was denied',
  E_NODE_UNKNOWN: 'the Controller does not know this node any more',
  E_IDEMPOTENCY_MISMATCH: 'the Controller holds another request for this key',
};

async function findIdentityRemedy(base: Base, state: State, options: RecoverOptions): Promise<Remedy[]> {
  const { host } = base;
  const key = await host.files.read(paths.nodeKey);
  const node = await state.node.read();
  const lastError = (await readStatus(host.files, false))?.lastError?.code ?? '';
  const expired = node !== null && new Date(node.notAfter) < host.clock.now();
  const ending = endings[lastError] ?? (expired ? endings.E_CLIENT_CERT_EXPIRED : undefined);
  const why = options.newIdentity ? 'asked for by --new-identity' : ending;
  const ticketFile = options.ticketFile === null ? null : { path: resolve(options.ticketFile), from: 'typed' as const };
  if (why === undefined && ticketFile === null) return [];
  const newIdentityFor = key === null || why === undefined ? null : publicIdentity(key).keyFingerprint;
  const recovery: StoredRecovery = { intent: 'recover', newIdentityFor, ticketFile };
  const needs = 'the passphrase and credentials files must be in place';
  const title =
    newIdentityFor === null
      ? `register again as a recovery (${needs})`
      : `set the identity of this machine aside, make a new key, and register it as a recovery (${needs})`;
  return [{ title, why: why ?? 'a recovery ticket was given', carryOut: () => state.recovery.write(recovery) }];
}

/** `--from`: what a stage and the later ones have remembered is forgotten, so that they are done anew. */
function forgetFrom(state: State, from: StageName | null): Remedy[] {
  if (from === null) return [];
  if (from === 'facts' || from === 'components' || from === 'register') {
    if (from !== 'register') return [];
    throw new AgentError('E_USAGE', 'a registration is not done anew with the same key', {
      seen: '--from register',
      wanted: '--from activate, configure or handoff',
      next: 'conjurer recover --new-identity',
    });
  }
  const remembered = [
    { stage: 'activate', file: state.activation },
    { stage: 'configure', file: state.applied },
    { stage: 'handoff', file: state.handoff },
  ];
  return remembered.slice(remembered.findIndex(({ stage }) => stage === from)).map(({ stage, file }) => ({
    title: `do ${stage} anew`,
    why: `asked for by --from ${from}`,
    carryOut: () => file.remove(),
  }));
}
