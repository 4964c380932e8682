/** How often each kind of secret was taken out: the TYPE of the marks `<redacted:TYPE:xxxxxxxx>` → times. */
export type Redactions = Readonly<Record<string, number>>;

/**
 * The one redactor of logs, errors, argv, file names and files. A secret becomes `<redacted:TYPE:xxxxxxxx>`, where the
 * last part is the same for the same secret under the same salt, and tells nothing without it.
 */
export interface Redactor {
  /** From now on this secret is taken out in raw, base64, URL- and JSON-escaped form. Under 4 bytes: ignored. */
  addSecret(secret: string | Uint8Array): void;
  text(value: string): { readonly text: string; readonly redactions: Redactions };
  /** As text(), without the count. */
  redact(text: string): string;
  /** The same for every string and key of a value; what is under a key such as `password` goes whatever it is. */
  redactValue(value: unknown): unknown;
  /** For plain text of any length, in pieces of any size. Compressed files and archives: redactStream(). */
  file(): FileRedaction;
  /** The independent last look at what is about to leave: knows the secrets, shares no pattern with text() and file(). */
  finalScan(): FinalScan;
}

/** push() any number of times, then end() once. Each may throw Withheld: then nothing of the file may be shipped. */
export interface FileRedaction {
  push(piece: Uint8Array): Uint8Array;
  end(): { readonly rest: Uint8Array; readonly redactions: Redactions };
}

export interface FinalScan {
  push(piece: Uint8Array): void;
  /** Any hit: the file must not be shipped. `offset`: bytes from the start of the file. */
  end(): readonly ScanHit[];
}

export interface ScanHit {
  readonly rule: string;
  readonly offset: number;
}

export interface RedactorOptions {
  /** Fresh random bytes for each bundle: equal secrets get equal marks within it, and nowhere else. */
  readonly salt: Uint8Array;
  readonly knownSecrets?: Iterable<string | Uint8Array>;
  /** true: addresses, MACs and names become pseudonyms too, the same for the same one; prefixes are kept. */
  readonly privacy?: boolean;
}

/** Thrown where it cannot be made sure that a file holds no secret: it must not be shipped, redacted or not. */
export class Withheld extends Error {
  override readonly name = 'Withheld';
  readonly reason: string;

  constructor(reason: string) {
    super(`withheld: ${reason}`);
    this.reason = reason;
  }
}
