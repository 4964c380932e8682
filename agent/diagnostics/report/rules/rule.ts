import type { ErrorCode } from '../../../../bootstrap/error-table.ts';
import type { CheckId } from '../../../../bootstrap/preflight/check-table.ts';
import type { Weight, Who } from '../model.ts';

/** One thing to look for. */
export type Clue =
  /** A line of such a file that holds one of these literals and, where `and` is given, matches that too. */
  | { readonly kind: 'line'; readonly files: RegExp; readonly has: readonly string[]; readonly and?: RegExp }
  /** Such a file is there with at least one line, and none of its lines matches. */
  | { readonly kind: 'no-line'; readonly files: RegExp; readonly without: RegExp }
  /** A preflight check that failed or warned; with `fails` only one that failed. */
  | { readonly kind: 'check'; readonly ids: readonly CheckId[]; readonly fails?: true }
  /** The error that the last run or one of the recorded attempts ended with. */
  | { readonly kind: 'error'; readonly codes: readonly ErrorCode[] }
  /** A component that is not as the manifest says, by the name of the problem or of the component. */
  | { readonly kind: 'component'; readonly problem?: RegExp; readonly component?: RegExp };

/** What a finding is made from: data, no code. A pattern must run in linear time; it sees one line at a time. */
export interface Rule {
  readonly id: string;
  readonly weight: Weight;
  /** A clause that can stand in a sentence: "the disk is full". */
  readonly title: string;
  readonly why: string;
  readonly who: Who;
  readonly next: string;
  /** Of each list at least one clue must be found. */
  readonly needs: readonly (readonly Clue[])[];
  /** What makes it more certain, and is cited too. */
  readonly backing?: readonly Clue[];
  /** Ids of rules whose findings likely follow from this one. */
  readonly explains?: readonly string[];
}

/** Journals, logs of pods and of cloud-init, the kernel's log. */
export const anyLog = /^(journals|pods|kernel|cloud-init)\/.*(\.log|\.txt)(\.gz)?$/;
export const kernelLog =
  /^(kernel\/(dmesg\.txt|kernel\.log)|journals\/(all|errors|last-boot\/end)\.log|memory\/oom-kills\.txt)$/;
export const kubeletLog = /^journals\/(last-boot\/)?(kubelet|errors|all|end)\.log$/;
export const containerdLog = /^journals\/(last-boot\/)?(containerd|kubelet|errors|all|end)\.log$/;
export const podLog = /^pods\//;
export const cloudInitLog = /^(cloud-init\/.*|journals\/cloud-init\.log)$/;

export function line(files: RegExp, ...has: readonly string[]): Clue {
  return { kind: 'line', files, has };
}

export function lineAnd(files: RegExp, and: RegExp, ...has: readonly string[]): Clue {
  return { kind: 'line', files, has, and };
}

export function failedCheck(...ids: readonly CheckId[]): Clue {
  return { kind: 'check', ids, fails: true };
}

export function badCheck(...ids: readonly CheckId[]): Clue {
  return { kind: 'check', ids };
}

export function endedWith(...codes: readonly ErrorCode[]): Clue {
  return { kind: 'error', codes };
}
