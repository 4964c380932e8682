/** What ended the demo: shown as seen and next, then exit status 1. */
export class Trouble extends Error {
  readonly seen: string;
  readonly next: string;

  constructor(message: string, { seen, next }: { readonly seen: string; readonly next: string }) {
    super(message);
    this.seen = seen;
    this.next = next;
  }
}

/** A person, or the system, has ended the demo. */
export class Stopped extends Error {
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(signal === 'SIGINT' ? 'Ctrl-C' : signal);
    this.signal = signal;
  }
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
