import type { Check } from './check.ts';
import { addressCheck } from './checks/address.ts';
import { architectureCheck } from './checks/architecture.ts';
import { cgroupControllersCheck } from './checks/cgroup-controllers.ts';
import { cgroupDriverCheck } from './checks/cgroup-driver.ts';
import { cidrOverlapCheck } from './checks/cidr-overlap.ts';
import { clockChecks } from './checks/clock.ts';
import { componentChecks } from './checks/components.ts';
import { containerGuestCheck } from './checks/container-guest.ts';
import { containerRuntimeCheck } from './checks/container-runtime.ts';
import { cpuCountCheck } from './checks/cpu-count.ts';
import { cpuLevelCheck } from './checks/cpu-level.ts';
import { dataDirCheck } from './checks/data-dir.ts';
import { diskSizeCheck } from './checks/disk-size.ts';
import { fsyncCheck } from './checks/fsync.ts';
import { grownToDiskCheck } from './checks/grown-to-disk.ts';
import { hostnameCheck } from './checks/hostname.ts';
import { kernelFeaturesCheck } from './checks/kernel-features.ts';
import { kernelModulesCheck } from './checks/kernel-modules.ts';
import { kernelVersionCheck } from './checks/kernel-version.ts';
import { machineIdCheck } from './checks/machine-id.ts';
import { memoryCheck } from './checks/memory.ts';
import { mtuCheck } from './checks/mtu.ts';
import { nameServerChecks } from './checks/name-servers.ts';
import { packetFilterChecks } from './checks/packet-filters.ts';
import { portChecks } from './checks/ports.ts';
import { proxyBypassCheck } from './checks/proxy-bypass.ts';
import { rawVolumeCheck } from './checks/raw-volume.ts';
import { registryCheck } from './checks/registry.ts';
import { residueChecks } from './checks/residue.ts';
import { rivalChecks } from './checks/rivals.ts';
import { rootCheck } from './checks/root.ts';
import { rootFreeCheck } from './checks/root-free.ts';
import { routeChecks } from './checks/routes.ts';
import { sandboxImageCheck } from './checks/sandbox-image.ts';
import { securityModuleCheck } from './checks/security-module.ts';
import { smbiosDataCheck } from './checks/smbios-data.ts';
import { sshHostKeysCheck } from './checks/ssh-host-keys.ts';
import { supportedReleaseCheck } from './checks/supported-release.ts';
import { swapCheck } from './checks/swap.ts';
import { templateLeftoversCheck } from './checks/template-leftovers.ts';

/** Every check that bootstrap knows, in the order of check-table.ts. Those of the way to the Controller are the agent's. */
export const checkList: readonly Check[] = [
  supportedReleaseCheck,
  architectureCheck,
  rootCheck,
  kernelVersionCheck,
  kernelFeaturesCheck,
  kernelModulesCheck,
  cgroupControllersCheck,
  securityModuleCheck,
  containerGuestCheck,
  cpuCountCheck,
  cpuLevelCheck,
  memoryCheck,
  swapCheck,
  diskSizeCheck,
  rootFreeCheck,
  grownToDiskCheck,
  dataDirCheck,
  fsyncCheck,
  rawVolumeCheck,
  hostnameCheck,
  machineIdCheck,
  smbiosDataCheck,
  sshHostKeysCheck,
  templateLeftoversCheck,
  ...residueChecks,
  ...portChecks,
  ...rivalChecks,
  ...packetFilterChecks,
  containerRuntimeCheck,
  cgroupDriverCheck,
  sandboxImageCheck,
  ...componentChecks,
  ...routeChecks,
  addressCheck,
  ...nameServerChecks,
  registryCheck,
  mtuCheck,
  cidrOverlapCheck,
  proxyBypassCheck,
  ...clockChecks,
];
