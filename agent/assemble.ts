import type { ChangeKinds } from '../bootstrap/change.ts';
import { clusterNodeKind } from '../bootstrap/changes/cluster-node.ts';
import { componentFileKind, componentRestoreKind } from '../bootstrap/changes/component-file.ts';
import { daemonReloadChange } from '../bootstrap/changes/daemon-reload.ts';
import { fileChange } from '../bootstrap/changes/file.ts';
import { hostnameChange } from '../bootstrap/changes/hostname.ts';
import { imageImportChange } from '../bootstrap/changes/image-import.ts';
import { imageLabelsChange } from '../bootstrap/changes/image-labels.ts';
import { kernelModuleChange } from '../bootstrap/changes/kernel-module.ts';
import { moveChange } from '../bootstrap/changes/move.ts';
import { networkChange } from '../bootstrap/changes/network.ts';
import { podNetworkKind } from '../bootstrap/changes/pod-network.ts';
import { proxyFileKind } from '../bootstrap/changes/proxy-file.ts';
import { rulesetChange } from '../bootstrap/changes/ruleset.ts';
import { secretFileChange } from '../bootstrap/changes/secret-file.ts';
import { serviceFileChange } from '../bootstrap/changes/service-file.ts';
import { symlinkChange } from '../bootstrap/changes/symlink.ts';
import { sysctlChange } from '../bootstrap/changes/sysctl.ts';
import { unitChange } from '../bootstrap/changes/unit.ts';
import { clusterStage } from '../bootstrap/cluster/stage.ts';
import { componentsStage } from '../bootstrap/components/stage.ts';
import { readImageManifest } from '../bootstrap/components/updates/overlay.ts';
import { planUpdates } from '../bootstrap/components/updates/plan.ts';
import type { AgentError } from '../bootstrap/errors.ts';
import type { Facts } from '../bootstrap/facts/facts.ts';
import { factsStage } from '../bootstrap/facts/stage.ts';
import { firewallStage } from '../bootstrap/firewall/stage.ts';
import type { Host } from '../bootstrap/host/host.ts';
import type { Processes } from '../bootstrap/host/processes.ts';
import { planProxyFiles, proxyText } from '../bootstrap/network/proxy-files.ts';
import { networkStage } from '../bootstrap/network/stage.ts';
import type { PreflightReport } from '../bootstrap/preflight/check.ts';
import { preflightStage } from '../bootstrap/preflight/stage.ts';
import { builtInKeys } from './built-in-keys.ts';
import { type Config, type LoadedConfig, requiredEdgeName } from './config/load.ts';
import { paths } from './config/paths.ts';
import { createRetryBudget } from './controller/retry-budget.ts';
import type { RecorderParts } from './diagnostics/flight-recorder/recording-file.ts';
import { activateStage } from './enrolment/activate.ts';
import { activationKind } from './enrolment/changes/activation.ts';
import { certificateKind } from './enrolment/changes/certificate.ts';
import { configurationKind } from './enrolment/changes/configuration.ts';
import { handoffKind } from './enrolment/changes/handoff.ts';
import { joinRemovalKind } from './enrolment/changes/join-removal.ts';
import { manifestKind } from './enrolment/changes/manifest.ts';
import { operatorSecretChange } from './enrolment/changes/operator-secret.ts';
import { registrationKind } from './enrolment/changes/registration.ts';
import { workloadKind } from './enrolment/changes/workload.ts';
import { clusterSettings, joinToken } from './enrolment/cluster-settings.ts';
import type { FetchedConfiguration } from './enrolment/configuration-store.ts';
import { configureStage } from './enrolment/configure.ts';
import { clusterCidrs, connectivityStage } from './enrolment/connectivity.ts';
import { type EnrolmentOptions, type EnrolmentParts, once } from './enrolment/enrolment.ts';
import { createEvents } from './enrolment/event-queue.ts';
import { fetchUpdate } from './enrolment/fetch-update.ts';
import { handoffStage } from './enrolment/handoff.ts';
import { createLineage } from './enrolment/lineage.ts';
import { askSignedTime, createLink } from './enrolment/link.ts';
import { requireNoCopy } from './enrolment/new-identity.ts';
import { openInputs } from './enrolment/open-inputs.ts';
import { createOrders } from './enrolment/orders.ts';
import { keepReport } from './enrolment/preflight-events.ts';
import { proxyInForce } from './enrolment/proxy-in-force.ts';
import { readRecovery } from './enrolment/read-recovery.ts';
import { registerStage } from './enrolment/register.ts';
import { openState } from './enrolment/state.ts';
import { createTimeKeeper } from './enrolment/time-keeper.ts';
import { hashProgress } from './hash-progress.ts';
import type { EventBus } from './pipeline/events.ts';
import type { AnyStage } from './pipeline/selection.ts';
import { inOrder } from './pipeline/stages.ts';
import { preflightOfMachine, preflightOfNetwork } from './preflight.ts';
import { probeController } from './probe-controller.ts';
import type { Redactor } from './redaction.ts';

/** What every operation of the agent is built on. */
export interface Base {
  /** As typed: "run". */
  readonly command: string;
  readonly host: Host;
  /** The host whose root is `/`: for paths that a person typed. */
  readonly typed: Host;
  readonly uid: number;
  readonly processes: Processes;
  readonly config: Config;
  /** Of each key of the configuration: where its value came from. */
  readonly origins: LoadedConfig['origins'];
  readonly delivered: LoadedConfig['delivered'];
  readonly bus: EventBus;
  readonly redactor: Redactor;
  readonly recorder: RecorderParts;
  /** Why the configuration could not be loaded, where a command goes on with the defaults; null: it could. */
  readonly configProblem: AgentError | null;
}

export interface Assembled {
  readonly enrolment: EnrolmentParts;
  readonly stages: readonly AnyStage[];
  readonly kinds: ChangeKinds;
}

/** The real parts of one operation, each built once. A list, and no logic. */
export async function assemble(base: Base, options: EnrolmentOptions, signal: AbortSignal): Promise<Assembled> {
  const { host, typed, uid, config, bus, redactor } = base;
  const { patience, deadlineSeconds, timeSyncSeconds } = config.enrolment;
  const { clock } = host;
  const now = () => clock.now();
  const inputs = {
    hosts: { host, typed, uid },
    passphrase: config.passphraseFile,
    credentials: config.credentialsFile,
  };
  const state = openState(host.files);
  // A machine that was enrolled by flags alone keeps its name; what is damaged is named by the stage that needs it.
  const enrolledAs = (await state.node.read().catch(() => null))?.edgeName ?? null;
  const facts = once<Facts>('the facts of this run');
  const preflight = once<PreflightReport>('what was found of this machine');
  const events = createEvents(state, clock);
  const imageBuiltAt = () => facts.known()?.image?.builtAt ?? null;
  const time = createTimeKeeper({
    host,
    state,
    events,
    timeSyncSeconds: options.patient ? timeSyncSeconds : 0,
    imageBuiltAt,
  });
  const proxy = () => proxyInForce({ host, typed, state, config, redactor });
  const link = createLink({
    host,
    state,
    bus,
    time,
    patience,
    budget: await createRetryBudget(host.files, paths.retryBudget, clock, patience),
    patient: options.patient,
    wait: options.wait,
    giveUpAfterMs: deadlineSeconds === 0 ? Number.POSITIVE_INFINITY : deadlineSeconds * 1000,
    proxy,
    signal,
    openCredentials: () =>
      openInputs(
        {
          inputs,
          redactor,
          time,
          now,
          signedTime: async pinned => askSignedTime(pinned, { proxy: await proxy(), patience, clock, signal }),
        },
        signal,
      ),
  });
  const enrolment: EnrolmentParts = {
    host,
    state,
    link,
    events,
    bus,
    inputs,
    facts,
    preflight,
    options,
    now,
    lineage: createLineage({ state, link, events }),
    orders: createOrders(),
    fetched: once<FetchedConfiguration>('the configuration that was fetched'),
    recovery: () => readRecovery(state, inputs.hosts, redactor),
    edgeName: () => config.edgeName ?? enrolledAs ?? requiredEdgeName(config),
    imageManifest: () => readImageManifest({ files: host.files, builtInKeys, uid }),
    planUpdates: section => planUpdates(section, { host, builtInKeys, uid }),
  };
  // A plan is shown by itself: nobody follows its events, and it writes nothing.
  const isRun = options.patient;
  const noteOfCluster = (text: string) => isRun && bus.emit({ type: 'noted', stage: 'cluster', text });
  const stages = inOrder({
    facts: factsStage,
    preflight: preflightStage({
      check: async (known, checking) => {
        await requireNoCopy(enrolment, known);
        return keepReport(enrolment, await preflightOfMachine(base, { facts: known, keeps: isRun }, checking));
      },
      isIn: async () => (await state.activation.read()) !== null,
      note: text => isRun && bus.emit({ type: 'noted', stage: 'preflight', text }),
    }),
    network: networkStage({
      settings: config.network,
      probe: probing => probeController(base, probing),
      note: text => bus.emit({ type: 'noted', stage: 'network', text }),
      planProxy: async changing => planProxyFiles(changing, await proxy(), await clusterCidrs(host, state)),
    }),
    firewall: firewallStage({
      settings: config.firewall,
      isAsked: Object.entries(base.origins).some(([key, from]) => key.startsWith('firewall.') && from !== 'default'),
      probe: probing => probeController(base, probing),
      note: text => bus.emit({ type: 'noted', stage: 'firewall', text }),
    }),
    connectivity: connectivityStage(enrolment, {
      check: (known, checking) => preflightOfNetwork(base, { facts: known, keeps: isRun }, preflight.known(), checking),
      note: text => isRun && bus.emit({ type: 'noted', stage: 'connectivity', text }),
    }),
    components: componentsStage({
      builtInKeys,
      uid,
      progress: () => hashProgress(clock, bus),
      remark: text => isRun && bus.emit({ type: 'remark', text }),
    }),
    register: registerStage(enrolment),
    activate: activateStage(enrolment),
    configure: configureStage(enrolment),
    cluster: clusterStage({
      settings: () => clusterSettings(host, state),
      builtInKeys,
      uid,
      // A plan waits for nobody.
      readySeconds: isRun ? 900 : 0,
      note: noteOfCluster,
    }),
    handoff: handoffStage(enrolment),
  });
  const kinds: ChangeKinds = {
    file: fileChange,
    symlink: symlinkChange,
    'secret-file': secretFileChange,
    move: moveChange,
    ruleset: rulesetChange,
    network: networkChange,
    hostname: hostnameChange,
    'service-file': serviceFileChange,
    'proxy-file': proxyFileKind(async () => {
      const inForce = await proxy();
      return inForce === null ? null : proxyText(inForce, await clusterCidrs(host, state));
    }),
    unit: unitChange,
    'daemon-reload': daemonReloadChange,
    'component-file': componentFileKind(fetchUpdate({ host, state, link, proxy })),
    'component-restore': componentRestoreKind,
    'image-import': imageImportChange,
    'image-labels': imageLabelsChange,
    'kernel-module': kernelModuleChange,
    sysctl: sysctlChange,
    'cluster-node': clusterNodeKind({
      joinToken: async () => {
        const token = await joinToken(host, state);
        if (token !== null) redactor.addSecret(token);
        return token;
      },
      note: noteOfCluster,
    }),
    'pod-network': podNetworkKind(noteOfCluster),
    registration: registrationKind(enrolment),
    activation: activationKind(enrolment),
    certificate: certificateKind(enrolment),
    configuration: configurationKind(enrolment),
    'join-removal': joinRemovalKind(state),
    manifest: manifestKind(enrolment),
    workload: workloadKind(enrolment),
    'operator-secret': operatorSecretChange,
    handoff: handoffKind(enrolment),
  };
  return { enrolment, stages, kinds };
}
