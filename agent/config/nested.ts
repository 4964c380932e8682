/** Key path → value, as the sections that a configuration file has: `log.level` becomes `{ log: { level } }`. */
export function nested(values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const top: Record<string, unknown> = {};
  for (const [key, value] of values) {
    const parts = key.split('.');
    const last = parts.pop() as string;
    let section = top;
    for (const part of parts) {
      const inner = (section[part] ?? {}) as Record<string, unknown>;
      section[part] = inner;
      section = inner;
    }
    section[last] = value;
  }
  return top;
}
