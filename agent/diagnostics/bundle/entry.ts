/** How the collection of one piece of evidence ended. A failing collector costs only itself. */
export type Outcome = 'ok' | 'not-applicable' | 'timed-out' | 'failed' | 'withheld';

/** One line of `manifest.json`: what is in the bundle, or what is not, and why. Every text in it went through the redactor. */
export interface BundleEntry {
  /** Path inside the bundle, below its one top folder. */
  readonly path: string;
  readonly group: string;
  /** Id of the collector; several entries may come from one. */
  readonly collector: string;
  /** The argv, joined by spaces, or the path on the host that was read. */
  readonly source: string;
  readonly outcome: Outcome;
  /** Of the command; null for a file, and where the command was killed or never started. */
  readonly exitStatus: number | null;
  readonly ms: number;
  /** What is in the bundle, after redaction; 0 where nothing is. */
  readonly bytes: number;
  /** The middle was left out: head and tail are there. */
  readonly truncated: boolean;
  /** Redactions by rule. */
  readonly redactions: Readonly<Record<string, number>>;
  /** Lower-case hex of the bytes in the bundle; null where none are. */
  readonly sha256: string | null;
  /** Why it is not there, or not whole; null where there is nothing to say. */
  readonly reason: string | null;
}
