/**
 * The text with every character that could act instead of being seen written out: control characters, which steer a
 * terminal, and those that turn the direction of text or take no room. Line feeds stay.
 */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, written);
}

/** The same for every text of a value. */
export function printableValue<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(printableValue) as T;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), printableValue(inner)])) as T;
}

function written(character: string): string {
  if (character === '\n') return character;
  if (character === '\t') return ' ';
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;
}
