import type { Change } from './change.ts';
import type { Depth } from './components/finding.ts';
import type { Facts } from './facts/facts.ts';
import type { Host } from './host/host.ts';
import type { PreflightReport } from './preflight/check.ts';

/** What each stage proves, and so what a later stage may rely on. The keys are the stages' names. */
export interface StageOutputs {
  facts: Facts;
  /** The host checks of this run, with waivers. */
  preflight: PreflightReport;
  /** What was shown of a change of the network, and what was not, in words; both [] where nothing was changed. */
  network: { proved: readonly string[]; notProved: readonly string[] };
  /** `uplinks` is [] where conjurer sets no rules. `notProved`: what could not be shown, in words. */
  firewall: { uplinks: readonly string[]; notProved: readonly string[] };
  /** The Controller answered over a verified connection, by the way that this machine now has; null: it was not asked, or did not say. */
  connectivity: { controllerVersion: string | null; notProved: readonly string[] };
  components: ProvedComponents;
  register: { nodeId: string; registrationId: string; certSha256: string };
  activate: { nodeId: string };
  configure: { generation: number };
  cluster: ProvedCluster;
  handoff: { state: 'ready' };
}

/** `absent`: the machine has no manifest, so there is nothing that it could be compared with. */
export type ProvedComponents =
  | { manifest: 'absent' }
  | { manifest: 'verified'; image: string; buildId: string; depth: Depth };

/** `distribution` null: the configuration names no cluster. */
export type ProvedCluster =
  | { distribution: null }
  | {
      distribution: 'kubeadm';
      role: 'control-plane' | 'worker';
      /** Of this node's kubelet, as in "1.20.2". */
      version: string;
      /** As the cluster knows it. */
      nodeName: string;
      /** Of the admin on a control plane, else of the node itself, which may do little more than read. */
      kubeconfig: string;
    };

export type StageName = keyof StageOutputs;

/** What a stage is given: the outputs of the stages it named in `needs`, and nothing of the others. */
export interface StageContext<Needs extends StageName> {
  readonly host: Host;
  readonly outputs: Pick<StageOutputs, Needs>;
  readonly signal: AbortSignal;
}

export interface Stage<Name extends StageName, Needs extends StageName> {
  readonly name: Name;
  readonly needs: readonly Needs[];
  /** 'revert' where a change can cut the machine off: what the stage did is undone when it does not verify. */
  readonly onFailure: 'keep' | 'revert';
  /** Once this stage has acted, neither it nor an earlier one is reverted any more. */
  readonly pointOfNoReturn?: true;
  /** What must change for this stage to hold. Reads only. [] means nothing to do. */
  plan(context: StageContext<Needs>): Promise<Change[]>;
  /** Reads the host again and proves that the stage holds. Throws where it does not. */
  verify(context: StageContext<Needs>): Promise<StageOutputs[Name]>;
}
