import type { Facts } from './facts.ts';
import { PROGRAM_LIMIT_MS, type Source, type View } from './source.ts';
import { clean, hint } from './text.ts';

type Virtualization = Facts['virtualization'];

const unknown: Virtualization = { type: null, hypervisor: null, container: null };

/** systemd-detect-virt where it is there, since it may ask the processor itself; else the traces that files show. */
export const virtualization: Source<Virtualization> = {
  name: 'virtualization',
  fields: ['virtualization'],
  unknown,
  async read(view, report) {
    const [vm, container] = await Promise.all([detected(view, '--vm'), detected(view, '--container')]);
    if (vm !== undefined && container !== undefined) return virtualizationOf(vm, container);
    const traces = await tracesOf(view);
    const found = virtualizationOf(traces.vm, traces.container);
    if (found.type === null) report('virtualization', 'there is no systemd-detect-virt, and no file tells');
    return found;
  },
};

/** `undefined`: nobody can tell. `null`: none. */
function virtualizationOf(vm: string | null | undefined, container: string | null): Virtualization {
  if (container !== null) return { type: 'container', hypervisor: vm ?? null, container };
  if (vm === undefined) return unknown;
  return vm === null ? { ...unknown, type: 'none' } : { type: 'vm', hypervisor: vm, container: null };
}

/** It prints one word, and ends with status 1 where that word is "none". */
async function detected({ host, signal }: View, flag: string): Promise<string | null | undefined> {
  const result = await host.run(['systemd-detect-virt', flag], { timeoutMs: PROGRAM_LIMIT_MS, signal });
  const word = /^[a-z0-9-]+$/.exec(result.stdout.trim())?.[0];
  return word === 'none' ? null : word;
}

/** In systemd's words; the first that fits counts. Amazon and Google are looked for before the KVM that both are. */
const vendors: readonly (readonly [RegExp, string])[] = [
  [/amazon ec2/i, 'amazon'],
  [/google compute engine|^google/i, 'google'],
  [/kvm|openstack/i, 'kvm'],
  [/qemu/i, 'qemu'],
  [/vmware|^vmw/i, 'vmware'],
  [/innotek|virtualbox/i, 'oracle'],
  [/xen/i, 'xen'],
  [/bochs/i, 'bochs'],
  [/parallels/i, 'parallels'],
  [/bhyve/i, 'bhyve'],
  [/apple virtualization/i, 'apple'],
  [/microsoft corporation virtual machine/i, 'microsoft'],
];

async function tracesOf(view: View): Promise<{ vm: string | null | undefined; container: string | null }> {
  const read = (path: string): Promise<string | null> => hint(view.running.readText(path));
  const [vendor, product, xen, cpuinfo, kernel, container, podman, docker] = await Promise.all([
    read('/sys/class/dmi/id/sys_vendor'),
    read('/sys/class/dmi/id/product_name'),
    read('/sys/hypervisor/type'),
    read('/proc/cpuinfo'),
    read('/proc/sys/kernel/osrelease'),
    read('/run/systemd/container'),
    hint(view.running.stat('/run/.containerenv')),
    hint(view.running.stat('/.dockerenv')),
  ]);
  return {
    vm: hypervisorOf({ maker: `${vendor?.trim() ?? ''} ${product?.trim() ?? ''}`, xen, cpuinfo, kernel }),
    container:
      clean(container ?? '') ??
      (podman === null ? null : 'podman') ??
      (docker === null ? null : 'docker') ??
      (isWsl(kernel) ? 'wsl' : null),
  };
}

interface Traces {
  readonly maker: string;
  readonly xen: string | null;
  readonly cpuinfo: string | null;
  readonly kernel: string | null;
}

/** On x86 the processor says by a flag whether there is a hypervisor; elsewhere the lack of a name says nothing. */
function hypervisorOf({ maker, xen, cpuinfo, kernel }: Traces): string | null | undefined {
  const named = vendors.find(([pattern]) => pattern.test(maker))?.[1];
  if (named !== undefined) return named;
  if (isWsl(kernel)) return 'microsoft';
  if (clean(xen ?? '') === 'xen') return 'xen';
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo ?? '')?.[1];
  if (flags === undefined) return undefined;
  return flags.split(' ').includes('hypervisor') ? 'vm-other' : null;
}

function isWsl(kernel: string | null): boolean {
  return /microsoft|wsl/i.test(kernel ?? '');
}
