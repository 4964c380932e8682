import type { MakeContext } from './make-context.ts';

/** The evidence in the order in which it is worth having: a bundle that runs out of time or space lacks the last ones. */
export const groups = [
  'conjurer',
  'journals',
  'units',
  'pods',
  'runtime',
  'kubernetes',
  'certificates',
  'clock',
  'disks',
  'memory',
  'kernel',
  'network',
  'cni',
  'api',
  'etcd',
  'cloud-init',
  'identity',
  'platform',
  'packages',
  'proxy',
  'image',
] as const;
export type Group = (typeof groups)[number];

export type Argv = readonly [string, ...string[]];

/** Takes out of a structured text what is not allow-listed. Throws where the text cannot be parsed: it is withheld then. */
export type Filter = (text: string) => string;

/** Where one piece of evidence comes from. Paths are absolute as the machine itself sees them. */
export type Source =
  /** `rooted`: what to run instead for a machine that does not run (`--root`); without it, it is not applicable there. */
  | { readonly kind: 'command'; readonly argv: Argv; readonly rooted?: (root: string) => Argv }
  /** The journal, by journalctl's own selection. Its head and its tail are asked for apart, and never read as files. */
  | { readonly kind: 'journal'; readonly select: readonly string[] }
  /** `whole`: a document, of which a part could hide what the rest says: it is taken whole or not at all. */
  | { readonly kind: 'file'; readonly path: string; readonly whole: boolean }
  /** Files below a directory whose path from there fits, newest first. */
  | { readonly kind: 'tree'; readonly directory: string; readonly fits: RegExp; readonly whole: boolean }
  /** Made here from what the machine says; `from` is what stands in the manifest as its source. */
  | { readonly kind: 'made'; readonly from: string; readonly make: Make };

/** null: there is nothing of the kind on this machine. Throws where it could not be made. */
export type Make = (context: MakeContext) => Promise<string | null>;

/** One row of the tables in collectors/. */
export interface Collector {
  readonly id: string;
  readonly group: Group;
  /** Its place in the bundle; for a tree the directory. */
  readonly to: string;
  readonly source: Source;
  readonly filter?: Filter;
  /** Exit statuses that are answers too. Default: 0 alone. */
  readonly answers?: readonly number[];
  /** Default 10 s. */
  readonly limitMs?: number;
  /** Bytes kept of one text: a quarter from its head and the rest from its tail. Default 2 MiB. */
  readonly limitBytes?: number;
  /** Without this path on the machine there is nothing to ask. */
  readonly needs?: string;
  /** Only where the API server answers: no other way to fail for each of them. */
  readonly needsApi?: boolean;
}

export const defaultLimitMs = 10_000;
/** For Kubernetes' own programs: at the lowest priority on a busy node their start alone takes up the default. */
export const slowStartMs = 30_000;
export const defaultLimitBytes = 2 * 1024 * 1024;

export function command(...argv: Argv): Source {
  return { kind: 'command', argv };
}

export function commandAnywhere(argv: Argv, rooted: (root: string) => Argv): Source {
  return { kind: 'command', argv, rooted };
}

export function journal(...select: readonly string[]): Source {
  return { kind: 'journal', select };
}

/** A log, of which head and tail may be kept. */
export function log(path: string): Source {
  return { kind: 'file', path, whole: false };
}

export function document(path: string): Source {
  return { kind: 'file', path, whole: true };
}

export function logsIn(directory: string, fits: RegExp): Source {
  return { kind: 'tree', directory, fits, whole: false };
}

export function documentsIn(directory: string, fits: RegExp): Source {
  return { kind: 'tree', directory, fits, whole: true };
}

export function made(from: string, make: Make): Source {
  return { kind: 'made', from, make };
}
