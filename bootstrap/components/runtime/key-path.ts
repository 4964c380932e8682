/**
 * The parts of a key whose parts are joined by dots; a part that holds dots itself is in double or single quotes, as in
 * `plugins."io.containerd.grpc.v1.cri".sandbox_image`. null where a quote is left open.
 */
export function keyParts(key: string): string[] | null {
  const parts: string[] = [];
  const shape = /"([^"]*)"(?:\.|$)|'([^']*)'(?:\.|$)|([^."']+)(?:\.|$)/y;
  while (shape.lastIndex < key.length) {
    const found = shape.exec(key);
    if (found === null) return null;
    parts.push(found[1] ?? found[2] ?? found[3] ?? '');
  }
  return parts.length > 0 && !key.endsWith('.') ? parts : null;
}

/** The value at these parts; undefined where there is none. */
export function valueAt(document: unknown, parts: readonly string[]): unknown {
  return parts.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part) ? Reflect.get(inner, part) : undefined,
    document,
  );
}
