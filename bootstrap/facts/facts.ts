import * as z from 'zod';

const Text = z.string().nullable();
const Count = z.int().nonnegative().nullable();
const Flag = z.boolean().nullable();

const Identity = z.object({
  /** HMAC-SHA256, keyed by the machine-id, over conjurer's application id, in hex. The machine-id itself never leaves. */
  machineIdHash: Text,
  /** Lower case, with dashes. */
  smbiosUuid: Text,
  serial: Text,
  vendor: Text,
  product: Text,
  /** Which of the fields above are null because the firmware holds a filler such as "To be filled by O.E.M.". */
  placeholders: z.array(z.string()),
});

const Virtualization = z.object({
  /** 'container' wins where a container runs in a VM; `hypervisor` names the VM's even then. */
  type: z.enum(['none', 'vm', 'container']).nullable(),
  /** As systemd-detect-virt spells it: kvm, vmware, microsoft, xen, oracle, … */
  hypervisor: Text,
  /** docker, podman, lxc, systemd-nspawn, wsl, … */
  container: Text,
});

const Cpu = z.object({
  vendor: Text,
  model: Text,
  sockets: Count,
  /** Physical cores of all sockets. */
  cores: Count,
  /** Logical processors that are online. */
  threads: Count,
  /** The highest level of the x86-64 psABI whose flags are all there; null on another architecture. */
  level: z.enum(['x86-64-v1', 'x86-64-v2', 'x86-64-v3', 'x86-64-v4']).nullable(),
});

/** A file system that is mounted whole from a disk. `path` is its shortest mount point. */
const Mount = z.object({ path: z.string(), filesystem: z.string(), sizeBytes: Count, freeBytes: Count });

const Disk = z.object({
  name: z.string(),
  sizeBytes: Count,
  /** 'virtual': a hypervisor's disk, whatever lies below it. */
  type: z.enum(['nvme', 'ssd', 'hdd', 'virtual']).nullable(),
  model: Text,
  serial: Text,
  mounts: z.array(Mount),
});

const Nic = z.object({
  name: z.string(),
  /** Lower case. The card's own one, also where it is a member of a bond and bears the bond's. */
  mac: Text,
  /** With prefix length: 192.0.2.10/24, 2001:db8::10/64. */
  addresses: z.array(z.string()),
  mtu: Count,
  speedMbps: Count,
  driver: Text,
  /** null: the interface is down, so nobody can tell. */
  carrier: Flag,
  kind: z.enum(['physical', 'bond', 'bridge', 'vlan', 'virtual']),
  /** The bond or bridge that this interface is a member of. */
  master: Text,
  /** A way out of this machine: hardware, or a bond, bridge or VLAN on hardware, or whatever holds a default route. */
  uplink: z.boolean(),
});

const Route = z.object({
  /** 0.0.0.0/0 and ::/0 are the default routes. */
  destination: z.string(),
  gateway: Text,
  interface: z.string(),
  metric: z.int().nonnegative(),
});

/** What an image's manifest says of itself. The full manifest belongs to component validation. */
const ImageFacts = z.object({
  name: z.string(),
  version: z.string(),
  buildId: z.string(),
  minControllerVersion: z.string(),
  builtAt: Text,
});

/**
 * What this machine is: printed by `conjurer facts --json`, sent by call 7, summed up in call 1. Unknown on this host is
 * null, never left out, and `missing` says why. Arrays are sorted, so two documents differ only where the machine did.
 * It never holds the raw machine-id, a token, or user-data. docs/facts.md has the source of each field.
 */
export const Facts = z.object({
  schema: z.literal('conjurer.facts/v1'),
  identity: Identity,
  virtualization: Virtualization,
  cpu: Cpu,
  memory: z.object({ totalMiB: Count, swapMiB: Count }),
  disks: z.array(Disk),
  /** The disk that holds `/`. Where that is an array of disks, the one whose serial sorts first. */
  rootDisk: Text,
  rootDiskSerial: Text,
  nics: z.array(Nic),
  routes: z.array(Route),
  dns: z.object({ servers: z.array(z.string()), search: z.array(z.string()), source: Text }),
  hostname: Text,
  /** `arch` as OCI platforms spell it: amd64, arm64. */
  os: z.object({ id: Text, versionId: Text, prettyName: Text, arch: Text }),
  /** The release of the running kernel, as `uname -r` prints it. */
  kernel: Text,
  /** `synchronized` null: nobody on this machine can tell. */
  time: z.object({ zone: Text, synchronized: Flag }),
  /** `datasource` in lower case without detail: nocloud, ovf, vmware. */
  cloudInit: z.object({ instanceId: Text, datasource: Text }),
  bootId: Text,
  uptimeSeconds: Count,
  image: ImageFacts.nullable(),
  /** Why a field is null or a list empty. `field` is its path in this document: "identity.serial". Sorted by it. */
  missing: z.array(z.object({ field: z.string(), why: z.string() })),
});
export type Facts = z.infer<typeof Facts>;
export type Missing = Facts['missing'][number];

/** `hardware` of call 1: decides which case a person is shown, never who the node is. */
export function hardwareOf(facts: Facts): {
  smbiosUuid: string | null;
  serial: string | null;
  machineIdHash: string | null;
  macs: string[];
  vendor: string | null;
  product: string | null;
  virtualization: string | null;
} {
  const { smbiosUuid, serial, machineIdHash, vendor, product } = facts.identity;
  const { type, hypervisor, container } = facts.virtualization;
  const virtualization = container ?? hypervisor ?? type;
  return { smbiosUuid, serial, machineIdHash, macs: macsOf(facts), vendor, product, virtualization };
}

/** `resources` of call 1. `diskGiB` is the disk that holds `/`, rounded down. */
export function resourcesOf(facts: Facts): {
  cpus: number | null;
  memoryMiB: number | null;
  diskGiB: number | null;
} {
  const bytes = facts.disks.find(disk => disk.name === facts.rootDisk)?.sizeBytes ?? null;
  return {
    cpus: facts.cpu.threads,
    memoryMiB: facts.memory.totalMiB,
    diskGiB: bytes === null ? null : Math.floor(bytes / 1024 ** 3),
  };
}

/** `image` of call 1. */
export function imageOf(
  facts: Facts,
): { name: string; version: string; buildId: string; minControllerVersion: string } | null {
  if (facts.image === null) return null;
  const { name, version, buildId, minControllerVersion } = facts.image;
  return { name, version, buildId, minControllerVersion };
}

/** Cards only, since a bond or bridge borrows its address; where there are none, as in a container, the uplinks. */
function macsOf(facts: Facts): string[] {
  const cards = facts.nics.filter(nic => nic.kind === 'physical');
  const chosen = cards.length > 0 ? cards : facts.nics.filter(nic => nic.uplink);
  return [...new Set(chosen.flatMap(nic => (nic.mac === null ? [] : [nic.mac])))].sort();
}
