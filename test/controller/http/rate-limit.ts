/** A bucket of `perSecond` tokens. Returns null when a request may pass, else the whole seconds until one may. */
export function createRateLimit(
  now: () => number = () => performance.now(),
): (perSecond: number | null) => number | null {
  let tokens = Number.POSITIVE_INFINITY;
  let last = now();
  return perSecond => {
    if (perSecond === null) return null;
    const time = now();
    tokens = Math.min(Math.max(1, perSecond), tokens + ((time - last) / 1000) * perSecond);
    last = time;
    if (tokens < 1) return Math.max(1, Math.ceil((1 - tokens) / perSecond));
    tokens -= 1;
    return null;
  };
}
