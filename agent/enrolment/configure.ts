import type { Change } from '../../bootstrap/change.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { Stage } from '../../bootstrap/stage.ts';
import { paths } from '../config/paths.ts';
import type { ConfigDocument } from '../controller/protocol.ts';
import { type Configuration, isComplete, readAppliedConfiguration } from './configuration-store.ts';
import { findDueRenewal } from './due-renewal.ts';
import type { EnrolmentParts } from './enrolment.ts';
import { fetchConfiguration } from './fetch-configuration.ts';
import { hostOf } from './inputs.ts';
import { stateText, Trust } from './state.ts';

/** Sections of the document that this version of conjurer does not apply; the Controller is told which it found. */
const notApplied = ['ntp', 'network', 'firewall', 'addons', 'reporting'] as const;

/**
 * The Controller's signed configuration is in force: what it trusts and the proxy it names are what the next call uses.
 * Reverted where the Controller cannot be reached with it. The inputs go here, since the fetch has proved that the
 * node's own certificate is all that is needed from now on.
 */
export function configureStage(enrolment: EnrolmentParts): Stage<'configure', 'activate'> {
  const { state } = enrolment;
  const updates = ({ document }: Configuration) => enrolment.planUpdates(document.components ?? []);
  return {
    name: 'configure',
    needs: ['activate'],
    onFailure: 'revert',
    async plan({ host, outputs, signal }) {
      const { nodeId } = outputs.activate;
      const standing = await standingConfiguration(enrolment, host, nodeId, signal);
      const renewal = await planRenewal(enrolment, host, nodeId);
      if (standing !== null) {
        return [
          ...renewal,
          ...planDocument(standing),
          ...(await planTrust(enrolment, standing)),
          ...(await updates(standing)),
        ];
      }
      const fetched = await fetchConfiguration(enrolment, nodeId, signal);
      if (fetched === null) {
        throw new AgentError('E_NOT_ACTIVATED', 'the Controller has no configuration for this node yet', {
          next: 'set the configuration of the cluster on the Controller',
        });
      }
      enrolment.fetched.set(fetched);
      return [
        ...renewal,
        ...planDocument(fetched),
        ...(await planTrust(enrolment, fetched)),
        ...(await updates(fetched)),
        ...(await planRemovalOfInputs(enrolment)),
      ];
    },
    async verify({ host, outputs, signal }) {
      const configuration = await readAppliedConfiguration(host.files, state);
      if (configuration === null) throw new AgentError('E_STAGE_NOT_PROVED', 'no configuration is in force');
      const { generation } = configuration.document;
      if (enrolment.options.patient && (await state.handoff.read())?.generation !== generation) {
        await proveReachable(enrolment, outputs.activate.nodeId, configuration, signal);
      }
      return { generation };
    },
  };
}

/**
 * On a node that was handed off with it: the configuration in force, unless the Controller asks for another one. null:
 * it is to be fetched.
 */
async function standingConfiguration(
  enrolment: EnrolmentParts,
  host: Host,
  nodeId: string,
  signal: AbortSignal,
): Promise<Configuration | null> {
  const { state, lineage, orders, options } = enrolment;
  const applied = await state.applied.read();
  const handoff = await state.handoff.read();
  if (applied === null || handoff?.nodeId !== nodeId || handoff.generation !== applied.generation) return null;
  if (options.patient) orders.note(await lineage.report(nodeId, signal));
  if (orders.decommission) {
    throw new AgentError('E_NODE_DECOMMISSIONED', 'the Controller asks this node to leave its cluster');
  }
  if (orders.refetch || orders.configGeneration > applied.generation) return null;
  const standing = await readAppliedConfiguration(host.files, state);
  return standing !== null && (await isComplete(host.files, standing)) ? standing : null;
}

async function planRenewal({ state, orders, now }: EnrolmentParts, { files }: Host, nodeId: string): Promise<Change[]> {
  const node = await state.node.read();
  const place = { keyPath: paths.nodeKey, certificatePath: paths.nodeCertificate };
  if (node === null) return [];
  const asked = orders.renew ? { replaces: node.certSha256 } : null;
  const due = (await findDueRenewal(files, place, node, now())) ?? asked;
  return due === null ? [] : [{ kind: 'certificate', id: 'node-renewal', role: 'node', nodeId, ...due, ...place }];
}

function planDocument({ document: { generation }, hash }: Configuration): Change[] {
  return [
    { kind: 'configuration', id: `configuration-g${generation}`, generation, hash },
    { kind: 'file', id: 'applied', path: paths.applied, mode: 0o600, content: stateText({ generation, hash }) },
  ];
}

async function planTrust({ link }: EnrolmentParts, { document }: Configuration): Promise<Change[]> {
  if (document.trust === undefined) return [];
  const { cas, configKeys } = document.trust;
  const content = stateText(Trust.parse({ ...(await link.trust()), cas, configKeys }));
  return [{ kind: 'file', id: 'trust', path: paths.trust, mode: 0o600, content }];
}

async function planRemovalOfInputs({ inputs, options }: EnrolmentParts): Promise<Change[]> {
  if (!options.removeInputs) return [];
  const changes: Change[] = [];
  for (const name of ['passphrase', 'credentials'] as const) {
    const input = inputs[name];
    if ((await hostOf(inputs.hosts, input).files.stat(input.path)) === null) continue;
    const path = input.from === 'typed' ? typedPath(inputs.hosts.host, input.path) : input.path;
    if (path === null) continue;
    changes.push({ kind: 'secret-file', id: `remove-${name}`, path, mode: 0o400, source: null });
  }
  return changes;
}

/** A path typed by a person, as the machine under the root sees it; null where it lies outside of that machine. */
function typedPath({ root }: Host, path: string): string | null {
  if (root === '/') return path;
  return path.startsWith(`${root}/`) ? path.slice(root.length) : null;
}

/**
 * Tells the Controller what was applied, by the way that it has just been given. Where that way is new it must carry a
 * call first: what turns out to be taken back is never told as applied.
 */
async function proveReachable(
  enrolment: EnrolmentParts,
  nodeId: string,
  { document }: Configuration,
  signal: AbortSignal,
): Promise<void> {
  const { link, events, lineage, orders } = enrolment;
  await link.refresh();
  if (changesTheWay(document)) await confirmTheWay(enrolment, nodeId, document, signal);
  const left = notApplied.filter(section => document[section] !== undefined && !bringsAddons(section, document));
  await events.add({
    code: 'config_applied',
    level: 'info',
    message: `configuration ${document.generation} is in force`,
    generation: document.generation,
    data: { notApplied: [...left] },
  });
  orders.note(await lineage.report(nodeId, signal));
}

/** Addons are workloads of a cluster, and come with an operator that is one. */
function bringsAddons(section: keyof ConfigDocument, { handoff }: ConfigDocument): boolean {
  return section === 'addons' && handoff?.driver === 'kubeadm';
}

async function confirmTheWay(
  { events, lineage, options }: EnrolmentParts,
  nodeId: string,
  { generation }: ConfigDocument,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.timeout(options.confirmSeconds * 1000);
  try {
    await lineage.report(nodeId, AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error;
    const message = `the Controller was not reached within ${options.confirmSeconds} s with the new configuration, which is reverted`;
    await events.add({ code: 'config_refused', level: 'error', message, generation });
    throw new AgentError('E_CONTROLLER_UNREACHABLE', message, {
      check: 'http',
      cause: error,
      next: 'correct trust and proxy of the configuration on the Controller, then: conjurer run',
    });
  }
}

function changesTheWay(document: ConfigDocument): boolean {
  return document.trust !== undefined || document.proxy !== undefined;
}
