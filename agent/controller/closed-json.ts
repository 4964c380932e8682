/**
 * The value of a JSON text in which no object names a member twice and every byte is UTF-8 (RFC 7493, I-JSON), or
 * undefined. JSON.parse alone takes the last of two, and another reader the first.
 */
export function parseClosedJson(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return writtenMembers(text) === keptMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Outside of strings, each colon belongs to one member. */
function writtenMembers(text: string): number {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '').split(':').length - 1;
}

function keptMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce((sum: number, member) => sum + keptMembers(member), 0);
  return Array.isArray(value) ? inside : inside + Object.keys(value).length;
}
