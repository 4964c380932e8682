import { readDynamic } from './dynamic.ts';
import { PT, parseElf } from './elf.ts';

/** The oldest version of each library that the image's OS floor, Ubuntu 18.04, has. */
export const FLOOR = { GLIBC: '2.27', GLIBCXX: '3.4.25', CXXABI: '1.3.11', GCC: '7.0.0' } as const;

const LIBRARIES = /^(libdl|libpthread|libm|libstdc\+\+|libgcc_s|libc|ld-linux-x86-64|ld-linux-aarch64)\.so\.\d+$/;

/** What the file wants at most of each family, as proved: `{GLIBC: '2.27', …}`. */
export type Proof = Readonly<Partial<Record<keyof typeof FLOOR, string>>>;

/** Every reason why the file would not start on the OS floor; [] where it starts. */
export function listFloorBreaches(bytes: Buffer): string[] {
  const elf = parseElf(bytes);
  const dynamic = readDynamic(elf);
  const breaches = dynamic.needed
    .filter(library => !LIBRARIES.test(library))
    .map(library => `needs the library ${library}, which a minimal system lacks`);
  for (const need of dynamic.versionNeeds) {
    if (isOnFloor(need.version)) continue;
    const symbols = dynamic.wanted.filter(s => s.versionIndex === need.index && !s.weak).map(s => s.name);
    if (symbols.length > 0) {
      breaches.push(
        `wants ${symbols.join(', ')} of ${need.version} from ${need.library}; the floor has ${floorOf(need.version)}`,
      );
    } else if (!need.weak) {
      breaches.push(
        `needs ${need.version} of ${need.library}, not marked weak; the floor has ${floorOf(need.version)}`,
      );
    }
  }
  return [...breaches, ...listHeaderBreaches(elf)];
}

/** Throws with every breach; else says the highest version wanted of each family. */
export function proveFloor(bytes: Buffer): Proof {
  const breaches = listFloorBreaches(bytes);
  if (breaches.length > 0) throw new Error(`the binary would not start on the OS floor: it ${breaches.join('; it ')}`);
  const highest: Partial<Record<keyof typeof FLOOR, string>> = {};
  for (const { version, weak } of readDynamic(parseElf(bytes)).versionNeeds) {
    const [family, number] = split(version);
    if (weak || !isFamily(family)) continue;
    if (compare(number, highest[family] ?? '0') > 0) highest[family] = number;
  }
  return highest;
}

/**
 * Kernels before 5.18 tell the program that its headers lie where the first loaded segment would put them; a tool that
 * moved the table elsewhere makes a program that only newer kernels start.
 */
function listHeaderBreaches(elf: ReturnType<typeof parseElf>): string[] {
  const first = elf.segments.find(s => s.type === PT.load);
  const tableEnd = elf.segmentTable + elf.segments.length * 56;
  if (first === undefined || first.offset !== 0 || tableEnd > first.fileSize) {
    return ['has its program headers outside the first loaded segment, where kernel 4.15 does not find them'];
  }
  return [];
}

function isOnFloor(version: string): boolean {
  const [family, number] = split(version);
  return isFamily(family) && compare(number, FLOOR[family]) <= 0;
}

function floorOf(version: string): string {
  const [family] = split(version);
  return isFamily(family) ? `${family}_${FLOOR[family]}` : `nothing of ${family}`;
}

function split(version: string): [family: string, number: string] {
  const at = version.lastIndexOf('_');
  return [version.slice(0, at), version.slice(at + 1)];
}

function isFamily(family: string): family is keyof typeof FLOOR {
  return Object.hasOwn(FLOOR, family);
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map(v => v.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (Number.isNaN(difference)) return 1;
    if (difference !== 0) return difference;
  }
  return 0;
}
