/** How much of a long text is kept: its beginning, where the first error stands, and its end. In bytes. */
export interface EndsLimit {
  readonly head: number;
  readonly tail: number;
}

/** A text without its middle. */
export interface Ends {
  readonly head: Buffer;
  /** Empty where all of it fits into the head. */
  readonly tail: Buffer;
  /** Bytes between the two. */
  readonly omitted: number;
}

/** Keeps head and tail of what is added, in memory of about their size. */
export function keepEnds(limit: EndsLimit): { add(chunk: Buffer): void; headIsFull(): boolean; ends(): Ends } {
  const first: Buffer[] = [];
  let last: Buffer[] = [];
  let firstBytes = 0;
  let lastBytes = 0;
  let omitted = 0;
  return {
    add(chunk) {
      const toHead = chunk.subarray(0, limit.head - firstBytes);
      if (toHead.length > 0) first.push(toHead);
      firstBytes += toHead.length;
      const rest = chunk.subarray(toHead.length);
      if (rest.length === 0) return;
      last.push(rest);
      lastBytes += rest.length;
      // Cut seldom, so that a long text costs no more than a copy.
      if (lastBytes < 2 * limit.tail + 65_536) return;
      omitted += lastBytes - limit.tail;
      last = [Buffer.from(Buffer.concat(last).subarray(lastBytes - limit.tail))];
      lastBytes = limit.tail;
    },
    headIsFull: () => firstBytes === limit.head,
    ends() {
      const all = Buffer.concat(last);
      const tail = all.subarray(Math.max(0, all.length - limit.tail));
      return { head: Buffer.concat(first), tail, omitted: omitted + all.length - tail.length };
    },
  };
}
