import type { Change } from '../change.ts';
import { networkChange } from '../changes/network.ts';
import { AgentError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { Probe } from '../firewall/stage.ts';
import type { Host } from '../host/host.ts';
import type { Stage } from '../stage.ts';
import { digestOf, failedBefore, rememberFailed } from './failed.ts';
import { confirmChange, isUnconfirmed, lastRollback, secondsLeft } from './guard.ts';
import { findKubernetes } from './kubernetes.ts';
import { probeNetwork } from './probes.ts';
import { findRenderer } from './renderer.ts';
import { interfacesOf, type NetworkSettings } from './settings.ts';
import { planTimeServers } from './time-servers.ts';
import { cloudDirectory, missingCards, wantedNetwork } from './wanted.ts';

export interface NetworkParts {
  readonly settings: NetworkSettings;
  /** Tries the way to the Controller once. */
  probe(signal: AbortSignal): Promise<Probe>;
  /** Says to the person what is worth knowing and no failure. */
  note(text: string): void;
  /** The drop-ins of the proxy in force. */
  planProxy(host: Host): Promise<Change[]>;
}

const lookAgainMs = 1000;
/** Kept free before the deadline, so that it is the agent that puts the network back, and can say why. */
const spareSeconds = 8;

/**
 * Addresses, routes and DNS as the section `network` has them, with the machine's name, its time servers and the proxy
 * for its services. What is not configured is left alone. A change of the interfaces is confirmed only once it is proved
 * to work; until then a timer outside of conjurer would take it back (guard.ts).
 */
export function networkStage(parts: NetworkParts): Stage<'network', 'facts'> {
  const { settings, note } = parts;
  return {
    name: 'network',
    needs: ['facts'],
    onFailure: 'revert',

    async plan({ host, outputs }) {
      const rolledBack = await lastRollback(host);
      if (rolledBack !== null) note(`a change of the network was put back without conjurer at ${rolledBack}`);
      const timeServers = await planTimeServers(host, settings.ntp.servers);
      if (timeServers === null)
        note('network.ntp: there is neither chrony nor systemd-timesyncd to give the servers to');
      // The interfaces last, so that they are what is taken back first.
      const failed = await givenUp(host, settings, outputs.facts);
      if (failed !== null) note(`${failed}; correct network: in conjurer.yaml, then: conjurer run`);
      return [
        ...(await planHostname(host, settings)),
        ...(timeServers ?? []),
        ...(await parts.planProxy(host)),
        ...(failed === null ? await planInterfaces(host, settings, outputs.facts) : []),
      ];
    },

    async verify({ host, outputs, signal }) {
      if (host.root !== '/') return { proved: [], notProved: ['a tree that is not booted has no network'] };
      const failed = await givenUp(host, settings, outputs.facts);
      if (failed !== null) return { proved: [], notProved: [failed] };
      if (interfacesOf(settings).length === 0 || !(await isUnconfirmed(host))) return { proved: [], notProved: [] };
      const proof = await prove(parts, host, outputs.facts, signal);
      await confirmChange(host);
      for (const text of proof.notProved) note(`not proved: ${text}`);
      return proof;
    },
  };
}

/**
 * A machine whose configured interfaces do not work stays on the network that it was put back to, and enrols over it
 * where that leads to the Controller: an admin can mend what can be seen there. null: they are to be in force.
 */
async function givenUp(host: Host, settings: NetworkSettings, { nics }: Facts): Promise<string | null> {
  if (await isUnconfirmed(host)) return null;
  const absent = host.root === '/' ? missingCards(settings, nics) : [];
  if (absent.length > 0) {
    const cards = nics.flatMap(({ name, mac, kind }) => (kind === 'physical' ? [`${name} (${mac})`] : []));
    const others = cards.length === 0 ? '' : `, only ${cards.join(', ')}`;
    return `the network that is configured is not in force: there is no card ${absent.join(', ')}${others}`;
  }
  const failed = await failedBefore(host, digestOf(settings));
  return failed === null ? null : `the network that is configured did not work and is not in force, ${failed}`;
}

async function planInterfaces(host: Host, settings: NetworkSettings, facts: Facts): Promise<Change[]> {
  if (interfacesOf(settings).length === 0) return [];
  const renderer = await findRenderer(host);
  if (renderer === null) {
    throw new AgentError('E_NETWORK_UNSUPPORTED', 'network: names interfaces, and nothing here would configure them', {
      seen: 'no /usr/sbin/netplan, and systemd-networkd.service neither enabled nor active',
      wanted: 'netplan, or systemd-networkd',
    });
  }
  const change = await wantedNetwork(host, settings, renderer, facts.nics);
  if (change === null) return [];
  if (await networkChange.isDone(change, host)) return [foreignRoutes, change];
  const kubernetes = await findKubernetes(host);
  if (kubernetes !== null) {
    throw new AgentError('E_NETWORK_AFTER_KUBERNETES', 'the network differs from conjurer.yaml, and Kubernetes runs', {
      seen: kubernetes,
      wanted: 'a change of the network before Kubernetes has started',
    });
  }
  return [foreignRoutes, change];
}

/** Before the network is touched: systemd-networkd would delete the routes and rules of a pod network. */
const foreignRoutes: Change = {
  kind: 'service-file',
  id: 'networkd-foreign-routes',
  unit: 'systemd-networkd.service',
  path: '/etc/systemd/networkd.conf.d/60-conjurer.conf',
  mode: 0o644,
  content: '[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n',
};

async function planHostname({ files }: Host, { hostname }: NetworkSettings): Promise<Change[]> {
  if (hostname === undefined) return [];
  const change: Change = { kind: 'hostname', id: 'hostname', name: hostname };
  return (await files.stat(cloudDirectory)) === null ? [change] : [keepHostname, change];
}

const keepHostname: Change = {
  kind: 'file',
  id: 'cloud-init-hostname',
  path: `${cloudDirectory}/99-conjurer-hostname.cfg`,
  mode: 0o644,
  content: '# Written by conjurer, which sets the name of this machine.\npreserve_hostname: true\n',
};

/** Tries all probes until they pass or the deadline is near. Throws E_NETWORK_NOT_PROVED with what failed last. */
async function prove(parts: NetworkParts, host: Host, facts: Facts, signal: AbortSignal) {
  for (;;) {
    const { proved, notProved, failed } = await probeNetwork(
      parts.settings,
      host,
      facts.nics,
      s => parts.probe(s),
      signal,
    );
    if (failed.length === 0) return { proved, notProved };
    if ((await secondsLeft(host)) < spareSeconds) {
      const seen = failed.join('; ');
      await rememberFailed(host, digestOf(parts.settings), seen);
      throw new AgentError('E_NETWORK_NOT_PROVED', 'the new configuration of the network does not work', {
        seen,
        wanted: 'addresses, default route, gateway and Controller as configured',
      });
    }
    await host.clock.sleep(lookAgainMs, signal);
  }
}
