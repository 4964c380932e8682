import type { Host } from './host/host.ts';

/** A file that must hold exactly this text. `content: null` means that the file must not exist. */
export interface FileChange {
  readonly kind: 'file';
  readonly id: string;
  readonly path: string;
  readonly mode: number;
  readonly content: string | null;
}

/** A symlink with exactly this target. `file` plans it too, as its undo, where it takes a symlink's place. */
export interface SymlinkChange {
  readonly kind: 'symlink';
  readonly id: string;
  readonly path: string;
  readonly target: string;
}

/**
 * A file whose bytes are a secret, so that the change, which is printed and journaled, holds only a reference to them.
 * `source.generate`: made once, on this machine, when the file is missing; never made again.
 * `source.from`: copied from that path, and `sha256` (lower-case hex) says which bytes are meant.
 * `source: null`: the secret must be gone. That cannot be undone, since a copy for the undo would keep it.
 */
export interface SecretFileChange {
  readonly kind: 'secret-file';
  readonly id: string;
  readonly path: string;
  readonly mode: number;
  readonly source: { readonly generate: 'p256-key' } | { readonly from: string; readonly sha256: string } | null;
}

/** A systemd unit's wanted state; what is left out is left alone. */
export interface UnitChange {
  readonly kind: 'unit';
  readonly id: string;
  readonly unit: string;
  readonly enabled?: boolean;
  readonly active?: boolean;
}

/** This machine is known to the Controller and holds the certificate it issued (calls 1 to 3). */
export interface RegistrationChange {
  readonly kind: 'registration';
  readonly id: string;
  readonly clusterId: string;
  readonly edgeName: string;
  readonly intent: 'new' | 'recover';
}

/** The Controller counts this node as activated for this boot (call 4). */
export interface ActivationChange {
  readonly kind: 'activation';
  readonly id: string;
  readonly nodeId: string;
  readonly registrationId: string;
  readonly certSha256: string;
  readonly bootId: string;
}

/**
 * The certificate at `certificatePath` was issued by the Controller for the key at `keyPath` (calls 9 and 13).
 * `replaces`: lower-case hex SHA-256 of the certificate that is due; a new key is made with the new certificate.
 * null: there is none yet, and it is issued for the key that is there.
 */
export interface CertificateChange {
  readonly kind: 'certificate';
  readonly id: string;
  readonly role: 'node' | 'operator';
  readonly nodeId: string;
  readonly keyPath: string;
  readonly certificatePath: string;
  readonly replaces: string | null;
}

/** The Controller's signed configuration of this generation is the accepted one (`hash`: protocol.md). */
export interface ConfigurationChange {
  readonly kind: 'configuration';
  readonly id: string;
  readonly generation: number;
  readonly hash: string;
}

/** The kept configuration of this generation is without the token by which the machine has joined its cluster. */
export interface JoinRemovalChange {
  readonly kind: 'join-removal';
  readonly id: string;
  readonly generation: number;
}

/** A file that is set aside: never lost, no longer in force. */
export interface MoveChange {
  readonly kind: 'move';
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/**
 * The cluster has the objects of a file of manifests, field by field as they are there; what others have set beside it is
 * left alone. `path` null: the text is in the configuration in force, and is found by its SHA-256 (lower-case hex).
 */
export interface ManifestChange {
  readonly kind: 'manifest';
  readonly id: string;
  readonly kubeconfig: string;
  readonly path: string | null;
  readonly sha256: string;
}

/** A workload of the cluster runs as its object asks, whole and up to date. */
export interface WorkloadChange {
  readonly kind: 'workload';
  readonly id: string;
  readonly kubeconfig: string;
  readonly workload: WorkloadName;
  readonly timeoutSeconds: number;
}

export interface WorkloadName {
  readonly kind: 'Deployment' | 'DaemonSet' | 'StatefulSet';
  readonly namespace: string;
  readonly name: string;
}

/**
 * The identity of the operator is in the cluster as a Secret: tls.key, tls.crt, ca.crt and handoff.json. They are these
 * files, so that the change holds none of them.
 */
export interface OperatorSecretChange {
  readonly kind: 'operator-secret';
  readonly id: string;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly name: string;
  readonly keyPath: string;
  readonly certificatePath: string;
  readonly caPath: string;
  readonly handoffPath: string;
}

/** The Controller has heard from the operator itself and calls the node ready (call 8). */
export interface HandoffChange {
  readonly kind: 'handoff';
  readonly id: string;
  readonly nodeId: string;
  readonly configGeneration: number;
  readonly operator: { readonly name: string; readonly version: string } | null;
  /** Its name in the cluster; left out: that of the machine. */
  readonly nodeName?: string;
}

/**
 * One chain of conjurer's own, and the jumps to it. `rules` are in the words of iptables-save, without "-A CHAIN"; null:
 * the chain must not exist, and no jump to it. `from`: the built-in chain that jumps to it for packets of `interfaces`;
 * null: it is jumped to from another own chain only.
 */
export interface OwnChain {
  readonly table: 'filter' | 'mangle';
  readonly name: string;
  readonly from: 'INPUT' | 'FORWARD' | 'PREROUTING' | null;
  readonly interfaces: readonly string[];
  readonly rules: readonly string[] | null;
}

/** The own chains of the kernel's packet filter, of both families always together. What is foreign is left alone. */
export interface RulesetChange {
  readonly kind: 'ruleset';
  readonly id: string;
  /** null: this kernel has no IPv6. */
  readonly families: { readonly ipv4: readonly OwnChain[]; readonly ipv6: readonly OwnChain[] | null };
}

/**
 * How this machine is connected: files of netplan or systemd-networkd, put into force together, and never without a way
 * back (docs/network.md). `moves` sets files aside that would be merged with these. `links` is what the interfaces must
 * then show, by name; `gone` are virtual interfaces that must not be there. `confirmSeconds`: how long it may stay
 * unconfirmed before it is rolled back without the agent; null: this is the way back itself.
 */
export interface NetworkChange {
  readonly kind: 'network';
  readonly id: string;
  readonly renderer: 'netplan' | 'networkd';
  readonly files: readonly { readonly path: string; readonly mode: number; readonly content: string | null }[];
  readonly moves: readonly { readonly from: string; readonly to: string }[];
  readonly links: readonly NetworkLink[];
  readonly gone: readonly string[];
  readonly confirmSeconds: number | null;
  /** Lower-case hex SHA-256 of the settings that it carries out: what failed is not tried again in the same boot. */
  readonly settings: string;
}

/**
 * `addresses` and `routes` are the static ones: "10.0.0.10/24", destination "0.0.0.0/0". `mtu` null: any. `virtual`: a
 * bond, VLAN or bridge, which comes and goes with its configuration.
 */
export interface NetworkLink {
  readonly name: string;
  readonly virtual: boolean;
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly mtu: number | null;
}

/** The name of this machine, now and after a restart. */
export interface HostnameChange {
  readonly kind: 'hostname';
  readonly id: string;
  readonly name: string;
}

/** A file that a service reads only when it starts, so that the service, where it runs, is started again with it. */
export interface ServiceFileChange {
  readonly kind: 'service-file';
  readonly id: string;
  readonly unit: string;
  readonly path: string;
  readonly mode: number;
  readonly content: string | null;
}

/** The proxy in force, written for one service; its text may hold a password, so only its digest is here. */
export interface ProxyFileChange {
  readonly kind: 'proxy-file';
  readonly id: string;
  readonly unit: string;
  readonly path: string;
  /** Lower-case hex. null: no such file. */
  readonly sha256: string | null;
}

/** containerd has this image, whole, in the namespace of CRI. `sha256` and `archive`: where it is imported from. */
export interface ImageImportChange {
  readonly kind: 'image-import';
  readonly id: string;
  /** Where containerd listens. */
  readonly socket: string;
  readonly ref: string;
  /** What the ref stands for: "sha256:" and hex. */
  readonly digest: string;
  readonly archive: string;
  readonly sha256: string;
}

/** An image in the namespace of CRI has these labels; one that is '' it does not have. Others are left alone. */
export interface ImageLabelsChange {
  readonly kind: 'image-labels';
  readonly id: string;
  readonly socket: string;
  readonly ref: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** systemd has read this unit and its drop-ins as they are on the disk. */
export interface DaemonReloadChange {
  readonly kind: 'daemon-reload';
  readonly id: string;
  readonly unit: string;
}

/** The component's file is this one, fetched from `url` where it is not there yet; hex SHA-256, size in bytes. */
export interface ComponentFileChange {
  readonly kind: 'component-file';
  readonly id: string;
  readonly component: string;
  readonly version: string;
  readonly path: string;
  readonly mode: number;
  readonly url: string;
  readonly sha256: string;
  readonly size: number;
  /** Of an archive, what it holds; containerd has the images of the one before. null: no archive. */
  readonly images: readonly ImageInArchive[] | null;
  readonly imported: readonly ImportedImage[];
}

/** "linux/amd64"; `digest` is what containerd has under the name once it is imported. */
export interface ImageInArchive {
  readonly ref: string;
  readonly digest: string;
  readonly platform: string;
}

export interface ImportedImage {
  readonly socket: string;
  readonly ref: string;
  readonly digest: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The component's file is again the one with this SHA-256 (null: none), and the overlay has this entry of it. What was
 * given up at the hand-off stays given up, and its update in place.
 */
export interface ComponentRestoreChange {
  readonly kind: 'component-restore';
  readonly id: string;
  readonly component: string;
  readonly path: string;
  readonly sha256: string | null;
  readonly entry: {
    readonly component: string;
    readonly path: string;
    readonly version: string;
    readonly sha256: string;
    readonly size: number;
    readonly images: readonly ImageInArchive[] | null;
  } | null;
}

/** A module of the kernel is loaded, or built in. That it is loaded again after a restart, a file says. */
export interface KernelModuleChange {
  readonly kind: 'kernel-module';
  readonly id: string;
  /** "br_netfilter" */
  readonly module: string;
}

/** A value of the running kernel. That it is the same after a restart, a file says. */
export interface SysctlChange {
  readonly kind: 'sysctl';
  readonly id: string;
  /** "net.ipv4.ip_forward" */
  readonly key: string;
  readonly value: string;
}

/** This machine is a node of its cluster, which kubeadm made or took it into; docs/kubernetes.md. */
export interface ClusterNodeChange {
  readonly kind: 'cluster-node';
  readonly id: string;
  /** Where containerd listens. */
  readonly socket: string;
  /** null: it is in no cluster that conjurer brought it into. */
  readonly node: ClusterNode | null;
}

export interface ClusterNode {
  readonly role: 'control-plane' | 'worker';
  /** "1.20.2" */
  readonly kubernetesVersion: string;
  readonly nodeName: string;
  readonly podSubnet: string | null;
  readonly serviceSubnet: string | null;
  /** "10.0.0.10:6443": of the cluster that is joined, else as configured. null: this machine's own address. */
  readonly endpoint: string | null;
  /** Phases that kubeadm leaves out. */
  readonly skipPhases: readonly string[];
  /** What kubeadm is given, as YAML. Where a token belongs it has {{token}}. */
  readonly config: string;
}

/** The network of this node's pods: a template of the image, filled in with the range that the cluster gave the node. */
export interface PodNetworkChange {
  readonly kind: 'pod-network';
  readonly id: string;
  readonly path: string;
  /** Has {{podCidr}} where the range belongs. */
  readonly template: string;
  readonly nodeName: string;
  /** Who asks the cluster. */
  readonly kubeconfig: string;
}

/** Plain data: printed by `plan`, journaled before it is applied, undone after a crash. It never holds a secret. */
export type Change =
  | FileChange
  | SymlinkChange
  | SecretFileChange
  | UnitChange
  | RegistrationChange
  | ActivationChange
  | CertificateChange
  | ConfigurationChange
  | JoinRemovalChange
  | MoveChange
  | NetworkChange
  | HostnameChange
  | ServiceFileChange
  | ProxyFileChange
  | RulesetChange
  | ImageImportChange
  | ImageLabelsChange
  | DaemonReloadChange
  | ComponentFileChange
  | ComponentRestoreChange
  | KernelModuleChange
  | SysctlChange
  | ClusterNodeChange
  | PodNetworkChange
  | ManifestChange
  | WorkloadChange
  | OperatorSecretChange
  | HandoffChange;

/**
 * Carries out one kind of change. The runner calls `isDone`, and where that says no: `undo`, which is synced to the
 * journal, then `apply`, then `isDone` again, which must now say yes.
 */
export interface ChangeKind<C extends Change> {
  isDone(change: C, host: Host): Promise<boolean>;
  /** Safe to call again after a crash at any point inside it. */
  apply(change: C, host: Host, signal: AbortSignal): Promise<void>;
  /** The changes that would bring back what the host has now; [] where nothing can or need be brought back. */
  undo(change: C, host: Host): Promise<Change[]>;
}

/** Exactly one executor for each kind: a missing one does not compile. */
export type ChangeKinds = { readonly [K in Change['kind']]: ChangeKind<Extract<Change, { kind: K }>> };
