/** So many operations in a row of one of those that take part. */
export interface Burst {
  readonly who: number;
  readonly operations: number;
}

export interface Turns {
  /** Waits until it is this one's turn; awaited before each operation. */
  next(who: number): Promise<void>;
  /** Gives turns as the bursts say, and one to each in rotation when they are used up, until `all` is settled. */
  give(bursts: readonly Burst[], all: Promise<unknown>): Promise<void>;
}

/** Interleaves asynchronous work in an order that a test chooses: one operation runs at a time. */
export function turns(): Turns {
  const waiting = new Map<number, () => void>();
  return {
    next: who => new Promise(resolve => waiting.set(who, resolve)),
    async give(bursts, all) {
      let isOver = false;
      const over = all.finally(() => {
        isOver = true;
      });
      const one = async (who: number) => {
        const go = waiting.get(who);
        waiting.delete(who);
        go?.();
        // What follows from the operation has happened when the event loop has gone round.
        await new Promise(resolve => setImmediate(resolve));
        return go !== undefined;
      };
      await one(-1);
      for (const { who, operations } of bursts) {
        for (let count = 0; count < operations && (await one(who)); count += 1);
      }
      while (!isOver) for (const who of [...waiting.keys()]) await one(who);
      await over;
    },
  };
}
