/** Which of the Controller's addresses is used next. */
export interface Rotation {
  readonly current: URL;
  succeeded(): void;
  /** Only of the address that was used: a late failure of an earlier one does not count against the next. */
  failed(url: URL): void;
}

/** Takes the next of `urls` (at least one, in order, over and over) after `failures` failures in a row. */
export function createRotation(urls: readonly [URL, ...URL[]], failures: number): Rotation {
  let index = 0;
  let inARow = 0;
  const current = () => urls[index % urls.length] ?? urls[0];
  return {
    get current() {
      return current();
    },
    succeeded() {
      inARow = 0;
    },
    failed(url) {
      if (url !== current() || ++inARow < failures) return;
      index++;
      inARow = 0;
    },
  };
}
