import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { ConfigInput } from '../configuration.ts';
import { FaultSpec } from '../faults/spec.ts';
import type { AdminClient } from './client.ts';
import type { NodeView } from './nodes.ts';
import {
  clusterOf,
  findNode,
  findRegistration,
  keyValue,
  list,
  named,
  need,
  nodeLine,
  registrationLine,
  type Session,
  savePair,
  text,
  UsageError,
  value,
  waits,
} from './session.ts';

export interface Command {
  readonly usage: string;
  readonly about: string;
  run(session: Session): Promise<void>;
}

/** By the first word, or the first two. */
export const commands: Readonly<Record<string, Command>> = {
  'cluster create': {
    usage: 'cluster create ID --out DIR [--url URL …] [--auto-approve] [--quota N] [--min-image V] [--block IMAGE …]',
    about: 'makes a cluster and writes its passphrase and credentials.pem',
    run: async ({ admin, words, flags, print }) => {
      const [clusterId = need('ID')] = words;
      const out = text(flags.out) ?? need('--out DIR');
      const urls = list(flags.url);
      const blocked = list(flags.block);
      const made = await admin.createCluster({
        clusterId,
        ...(urls.length > 0 ? { controllerUrls: urls } : {}),
        ...(flags['auto-approve'] === true ? { autoApprove: true } : {}),
        ...(text(flags.quota) === null ? {} : { quota: Number(flags.quota) }),
        ...(text(flags['min-image']) === null ? {} : { minImage: String(flags['min-image']) }),
        ...(blocked.length > 0 ? { blockedImages: blocked } : {}),
      });
      savePair(out, made);
      print(`cluster ${clusterId}: passphrase and credentials.pem are in ${out}`);
      print(`they name ${made.cluster.controllerUrls.join(', ')}; put both under /etc/conjurer on the machine (0400)`);
    },
  },
  'cluster credentials': {
    usage: 'cluster credentials ID --out DIR',
    about: 'makes another pair of files for a cluster',
    run: async ({ admin, words, flags, print }) => {
      const [clusterId = need('ID')] = words;
      const out = text(flags.out) ?? need('--out DIR');
      savePair(out, await admin.makeCredentials(clusterId));
      print(`passphrase and credentials.pem are in ${out}`);
    },
  },
  list: {
    usage: 'list [--cluster ID]',
    about: 'clusters, registrations that wait, and nodes',
    run: async ({ admin, flags, print }) => {
      const cluster = text(flags.cluster);
      const where = cluster === null ? {} : { cluster };
      const registrations = await admin.registrations(where);
      print('CLUSTERS');
      for (const { clusterId, autoApprove, config } of await admin.clusters()) {
        print(`  ${clusterId}  auto-approve ${autoApprove ? 'on' : 'off'}  config ${config?.generation ?? 'none'}`);
      }
      print('WAITING');
      for (const one of registrations.filter(waits)) print(`  ${registrationLine(one)}`);
      print('NODES');
      for (const node of await admin.nodes(where)) print(`  ${nodeLine(node)}`);
    },
  },
  approve: {
    usage: 'approve EDGE|ID [--fingerprint SHA256:…] [--yes]',
    about: 'lets a machine in, after its claim code was compared',
    run: async session => {
      const { admin, flags, print } = session;
      const registration = await findRegistration(session);
      const { registrationId, edgeName, keyFingerprint, claimCode, hold } = registration;
      print(`${edgeName} (${registrationId})${hold === null ? '' : `, held: ${hold}`}`);
      print(`  claim code      ${claimCode}`);
      print(`  key fingerprint ${keyFingerprint}`);
      const given = text(flags.fingerprint);
      const sure = given !== null || flags.yes === true;
      if (!sure && !(await session.confirm('Does the console of the machine show the same claim code? [y/N] '))) {
        throw new UsageError('not approved: compare the claim code and answer y, or give --fingerprint or --yes');
      }
      const approved = await admin.approve(registrationId, given ?? keyFingerprint);
      print(`approved: node ${approved.nodeId}`);
    },
  },
  deny: {
    usage: 'deny EDGE|ID --reason TEXT',
    about: 'turns a machine away for good',
    run: async session => {
      const reason = text(session.flags.reason) ?? need('--reason TEXT');
      const { registrationId, edgeName } = await findRegistration(session);
      await session.admin.deny(registrationId, reason);
      session.print(`${edgeName} (${registrationId}) is denied`);
    },
  },
  quarantine: {
    usage: 'quarantine EDGE|ID',
    about: 'sets a waiting machine aside',
    run: async session => {
      const { registrationId } = await findRegistration(session);
      await session.admin.quarantine(registrationId);
      session.print(`${registrationId} is quarantined`);
    },
  },
  release: {
    usage: 'release EDGE|ID',
    about: 'lets a quarantined machine wait again, or the stale machine of a node through, once',
    run: async session => {
      const [what = need('EDGE|ID')] = session.words;
      const all = await session.admin.registrations();
      const held = all.filter(({ state }) => state === 'quarantined').findLast(named(what));
      if (held) {
        await session.admin.releaseRegistration(held.registrationId);
        session.print(`${held.registrationId} waits for approval again`);
        return;
      }
      const node = await findNode(session);
      await session.admin.releaseNode(node.nodeId);
      session.print(`the stale machine of ${node.nodeId} is let through, once; from then on the other one is stale`);
    },
  },
  ticket: {
    usage: 'ticket EDGE|ID',
    about: 'a recovery ticket: brings a node back on any hardware without a wait',
    run: async session => {
      const { ticket, expiresAt } = await session.admin.ticket((await findNode(session)).nodeId);
      session.print(ticket);
      session.note(`good once, until ${expiresAt}: put it into a file for conjurer recover --ticket FILE`);
    },
  },
  revoke: {
    usage: 'revoke CLUSTER | revoke --node EDGE|ID',
    about: 'revokes the credentials of a cluster, or the certificates of a node',
    run: async session => {
      const nodeName = text(session.flags.node);
      if (nodeName !== null) {
        const node = await findNode({ ...session, words: [nodeName] });
        await session.admin.revoke(node.nodeId);
        session.print(`the certificates of ${node.nodeId} are revoked`);
        return;
      }
      const [clusterId = need('CLUSTER')] = session.words;
      await session.admin.revokeBootstrap(clusterId);
      session.print(
        `the credentials of ${clusterId} are revoked; make new ones with: cluster credentials ${clusterId}`,
      );
    },
  },
  ban: onNode('ban', 'shuts a node out', async (admin, id) => admin.ban(id), 'is banned'),
  unban: onNode('unban', 'lets a banned node in again', async (admin, id) => admin.unban(id), 'is let in again'),
  decommission: onNode(
    'decommission',
    'asks a node to leave, by the answer to its next events',
    async (admin, id) => admin.action(id, 'decommission'),
    'is asked to leave',
  ),
  action: {
    usage: 'action EDGE|ID refetch|renew|decommission|none',
    about: 'what a node is asked to do by the answer to its next events',
    run: async session => {
      const action = ACTIONS.find(one => one === session.words[1]) ?? need(ACTIONS.join('|'));
      const node = await findNode(session);
      await session.admin.action(node.nodeId, action);
      session.print(`${node.nodeId} is asked to ${action}`);
    },
  },
  'config set': {
    usage: 'config set FILE --cluster ID [--edge NAME] | --node EDGE|ID',
    about: 'sets the configuration document (JSON or YAML); its generation rises',
    run: async session => {
      const [file = need('FILE')] = session.words;
      const document = ConfigInput.parse(parseYaml(readFileSync(file, 'utf8')));
      const nodeName = text(session.flags.node);
      const given =
        nodeName === null
          ? await session.admin.setConfig(await clusterOf(session), document, text(session.flags.edge) ?? undefined)
          : await session.admin.setNodeConfig((await findNode({ ...session, words: [nodeName] })).nodeId, document);
      session.print(`set as generation ${given?.generation}`);
    },
  },
  'config show': {
    usage: 'config show [--cluster ID]',
    about: 'the configuration document of a cluster',
    run: async session => session.print(JSON.stringify(await session.admin.config(await clusterOf(session)), null, 2)),
  },
  'fault on': {
    usage: 'fault on KIND [--count N] [--path REGEXP] [--method M] [--probability P] [--set KEY=VALUE …]',
    about: `lets the Controller misbehave: ${FaultSpec.options.map(({ shape }) => shape.kind.value).join(', ')}`,
    run: async ({ admin, words, flags, print }) => {
      const [kind = need('KIND')] = words;
      const set = Object.fromEntries(list(flags.set).map(pair => keyValue(pair)));
      const given = ['count', 'path', 'method', 'probability'].map(key => [key, value(text(flags[key]))] as const);
      const aim = Object.fromEntries(given.filter(([, one]) => one !== null));
      const { id } = await admin.fault(FaultSpec.parse({ kind, ...set, ...aim }));
      print(`${id} is on: ${kind}`);
    },
  },
  'fault off': {
    usage: 'fault off [ID|KIND]',
    about: 'ends one fault, all of a kind, or all',
    run: async ({ admin, words, print }) => print(`${await admin.faultOff(words[0])} ended`),
  },
  'fault list': {
    usage: 'fault list',
    about: 'the faults that are on',
    run: async ({ admin, print }) => {
      for (const { id, spec, struck } of await admin.faults())
        print(`${id}  ${JSON.stringify(spec)}  struck ${struck}`);
    },
  },
  audit: {
    usage: 'audit',
    about: 'who did what',
    run: async ({ admin, print }) => {
      for (const { at, actor, action, subject, detail } of await admin.audit()) {
        print(`${at}  ${actor}  ${action}  ${subject}  ${JSON.stringify(detail)}`);
      }
    },
  },
  events: {
    usage: 'events EDGE|ID',
    about: 'the events that a node sent',
    run: async session => {
      for (const { seq, event } of await session.admin.events((await findNode(session)).nodeId)) {
        session.print(`${seq}  ${JSON.stringify(event)}`);
      }
    },
  },
};

const ACTIONS = ['refetch', 'renew', 'decommission', 'none'] as const;

function onNode(
  name: string,
  about: string,
  act: (admin: AdminClient, nodeId: string) => Promise<NodeView>,
  outcome: string,
): Command {
  return {
    usage: `${name} EDGE|ID`,
    about,
    run: async session => {
      const { nodeId } = await findNode(session);
      await act(session.admin, nodeId);
      session.print(`${nodeId} ${outcome}`);
    },
  };
}
