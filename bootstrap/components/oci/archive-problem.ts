/** The archive cannot be believed any further: what it holds after this point was not looked at. */
export class ArchiveProblem extends Error {
  override readonly name = 'ArchiveProblem';
  /** The problem's id in a finding, as in `archive-truncated`. */
  readonly problem: ArchiveProblemId;
  readonly observed: string;
  readonly expected: string;

  constructor(problem: ArchiveProblemId, observed: string, expected: string) {
    super(`${problem}: ${observed}`);
    this.problem = problem;
    this.observed = observed;
    this.expected = expected;
  }
}

export type ArchiveProblemId =
  | 'archive-truncated'
  | 'archive-damaged'
  | 'archive-unsafe-path'
  | 'archive-too-large'
  | 'archive-too-many-entries'
  | 'archive-not-supported';

/** A name from an archive as it may be shown: short, without control characters. */
export function shown(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > 120 ? `${plain.slice(0, 117)}...` : plain;
}
