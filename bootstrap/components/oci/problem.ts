import type { FindingStatus } from '../finding.ts';

/** One thing that is wrong, or worth knowing, about an image in an archive. */
export interface ImageProblem {
  readonly status: Exclude<FindingStatus, 'ok'>;
  readonly problem: string;
  readonly observed: string;
  readonly expected: string;
}

export function imageProblem(
  status: ImageProblem['status'],
  problem: string,
  observed: string,
  expected: string,
): ImageProblem {
  return { status, problem, observed, expected };
}
