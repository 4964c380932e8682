const stepMs = 250;

/**
 * Acts after so much time in which this process ran. What it was kept from running, by other programs or by its own work,
 * is not counted: on a machine that is swamped whatever is waited for would be late by then, and nothing of it is wrong.
 * Gives what calls it off.
 */
export function afterOwnTime(limitMs: number, act: () => void): () => void {
  let leftMs = limitMs;
  const next = (): NodeJS.Timeout => {
    const step = Math.min(stepMs, leftMs);
    return setTimeout(() => {
      leftMs -= step;
      if (leftMs > 0) timer = next();
      else act();
    }, step);
  };
  let timer = next();
  return () => clearTimeout(timer);
}
