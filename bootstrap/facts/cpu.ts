import type { Facts } from './facts.ts';
import type { Report, Source } from './source.ts';
import { clean, count } from './text.ts';

const PATH = '/proc/cpuinfo';

type CpuFacts = Pick<Facts, 'cpu'> & { arch: string | null };

const unknown: CpuFacts = {
  cpu: { vendor: null, model: null, sockets: null, cores: null, threads: null, level: null },
  arch: null,
};

/** Processors and architecture. /proc/cpuinfo tells it all on x86; on arm64 it has numbers where names are wanted. */
export const processors: Source<CpuFacts> = {
  name: 'cpu',
  fields: ['cpu', 'os.arch'],
  unknown,
  async read({ running, live }, report) {
    const text = await running.readText(PATH);
    if (text === null) {
      report('cpu', `${PATH} does not exist`);
      report('os.arch', `${PATH} does not exist`);
      return unknown;
    }
    const found = parseCpuinfo(text);
    const cpu = live && found.cpu.model === null ? await named(found.cpu) : found.cpu;
    explain({ cpu, arch: found.arch }, report);
    return { cpu, arch: found.arch };
  },
};

/** Reads the text of /proc/cpuinfo. Never throws; what is not there is null. */
export function parseCpuinfo(text: string): CpuFacts {
  const all = text.split(/\n\s*\n/).map(parseProcessor);
  const online = all.filter(one => one.has('processor'));
  const [first] = online;
  if (first === undefined) return unknown;
  const flags = online.map(one => new Set((one.get('flags') ?? '').split(' ')));
  const packages = online.map(one => one.get('physical id'));
  const cores = online.map(one => `${one.get('physical id')}:${one.get('core id')}`);
  return {
    cpu: {
      vendor: clean(first.get('vendor_id') ?? ''),
      model: clean((first.get('model name') ?? '').replace(/\s+/g, ' ')),
      sockets: packages.includes(undefined) ? null : new Set(packages).size,
      cores: online.every(one => one.has('core id')) ? new Set(cores).size : null,
      threads: online.length,
      level: levelOf(flags),
    },
    arch: archOf(first),
  };
}

/** The x86-64 psABI's micro-architecture levels, in the kernel's names: pni is SSE3, abm is LZCNT. */
const levels = [
  ['x86-64-v1', ['lm', 'cmov', 'cx8', 'fpu', 'fxsr', 'mmx', 'syscall', 'sse', 'sse2']],
  ['x86-64-v2', ['cx16', 'lahf_lm', 'popcnt', 'pni', 'sse4_1', 'sse4_2', 'ssse3']],
  ['x86-64-v3', ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe', 'xsave']],
  ['x86-64-v4', ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl']],
] as const;

/** The highest level whose flags, and those of every level below it, all processors have. */
function levelOf(processors: readonly ReadonlySet<string>[]): Facts['cpu']['level'] {
  let reached: Facts['cpu']['level'] = null;
  for (const [level, flags] of levels) {
    if (!processors.every(has => flags.every(flag => has.has(flag)))) break;
    reached = level;
  }
  return reached;
}

function archOf(processor: ReadonlyMap<string, string>): string | null {
  if ((processor.get('flags') ?? '').split(' ').includes('lm')) return 'amd64';
  return count(processor.get('CPU architecture')) === 8 ? 'arm64' : null;
}

function parseProcessor(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return fields;
}

/** systeminformation knows the makers' names of ARM cores and how they are laid out. Loaded only where it is asked. */
async function named(cpu: Facts['cpu']): Promise<Facts['cpu']> {
  const { cpu: ask } = await import('systeminformation');
  const { vendor, brand, processors, physicalCores } = await ask();
  return {
    ...cpu,
    vendor: cpu.vendor ?? clean(vendor),
    model: clean(brand),
    sockets: cpu.sockets ?? count(String(processors)),
    cores: cpu.cores ?? count(String(physicalCores)),
  };
}

function explain({ cpu, arch }: CpuFacts, report: Report): void {
  for (const field of ['vendor', 'model', 'sockets', 'cores', 'threads'] as const) {
    if (cpu[field] === null) report(`cpu.${field}`, `${PATH} does not say`);
  }
  if (arch === null) report('os.arch', `${PATH} is of an architecture that is not known`);
  if (cpu.level === null)
    report('cpu.level', arch === 'arm64' ? 'not an x86-64 processor' : `${PATH} lacks flags of v1`);
}
