/** Which keys of a document pass: true lets all below pass, '*' stands for any key. Lists have the form of their items. */
export type Allow = true | { readonly [key: string]: Allow };

/** A copy in which what is not allowed has become its size: `<omitted: 12 bytes>`. Keys stay, so that one can see what is set. */
export function onlyAllowed(value: unknown, allow: Allow): unknown {
  if (allow === true) return value;
  if (Array.isArray(value)) return value.map(item => onlyAllowed(item, allow));
  if (typeof value !== 'object' || value === null) return omitted(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const below = Object.hasOwn(allow, key) ? allow[key] : allow['*'];
      return [key, below === undefined ? omitted(inner) : onlyAllowed(inner, below)];
    }),
  );
}

export function omitted(value: unknown): string {
  return `<omitted: ${sizeOf(value)} bytes>`;
}

/** Bytes of a text, or of a value as JSON. */
export function sizeOf(value: unknown): number {
  return Buffer.byteLength(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
