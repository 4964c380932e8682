/** Every path of the machine that conjurer uses, as the machine itself sees it (the root comes in front of it). */
export const paths = {
  // Inputs and configuration
  config: '/etc/conjurer/conjurer.yaml',
  configDropIns: '/etc/conjurer/conjurer.yaml.d',
  passphrase: '/etc/conjurer/passphrase',
  credentials: '/etc/conjurer/credentials.pem',

  // What must outlive a restart: 0600 files in a 0700 directory
  stateDir: '/var/lib/conjurer',
  nodeKey: '/var/lib/conjurer/node.key',
  nodeCertificate: '/var/lib/conjurer/node.crt',
  node: '/var/lib/conjurer/node.json',
  operator: '/var/lib/conjurer/operator.json',
  registration: '/var/lib/conjurer/registration.json',
  joinState: '/var/lib/conjurer/join-state.json',
  activation: '/var/lib/conjurer/activation.json',
  trust: '/var/lib/conjurer/trust.json',
  applied: '/var/lib/conjurer/applied.json',
  /** A directory: the last accepted configurations, one file a generation. */
  configs: '/var/lib/conjurer/config',
  events: '/var/lib/conjurer/events.json',
  hardware: '/var/lib/conjurer/hardware.json',
  clonedFrom: '/var/lib/conjurer/cloned-from.json',
  clock: '/var/lib/conjurer/clock.json',
  retryBudget: '/var/lib/conjurer/retry-budget.json',
  handoff: '/var/lib/conjurer/handoff.json',
  recovery: '/var/lib/conjurer/recovery.json',
  preflight: '/var/lib/conjurer/preflight.json',
  journal: '/var/lib/conjurer/journal.jsonl',
  /** A directory: what failed, one small file for each way to fail. */
  flightRecorder: '/var/lib/conjurer/flight-recorder',
  /** What the hypervisor handed over when it last did, less what is secret. */
  delivered: '/var/lib/conjurer/delivered.json',
  /** A directory: identities and damaged files that are kept, and no longer in force. */
  setAside: '/var/lib/conjurer/set-aside',

  // Gone after a restart
  runDir: '/run/conjurer',
  status: '/run/conjurer/status.json',
  lock: '/run/conjurer/lock',

  log: '/var/log/conjurer/conjurer.log',

  // What the management operator is given
  operatorDir: '/etc/k8s-mgmt-operator',
  operatorHandoff: '/etc/k8s-mgmt-operator/handoff.json',
  operatorKey: '/etc/k8s-mgmt-operator/operator.key',
  operatorCertificate: '/etc/k8s-mgmt-operator/operator.crt',
  operatorCa: '/etc/k8s-mgmt-operator/ca.pem',
} as const;

export type HostPath = (typeof paths)[keyof typeof paths];

/** Of a generation's configuration in `configs`: as it was signed, or without the join that was used. */
export const configName = /^g(\d+)\.(?:jws|json)$/;
