/** What the lines so far have left open. Never changed in place: a place in the text can be gone back to with it. */
export interface Carry {
  /** See key-material.ts. */
  readonly material: number;
  /** Text below a key that is more indented than it (or listed at its level). */
  readonly below: Below | null;
  /** A quote that has not been closed. */
  readonly quoted: { readonly close: string; readonly type: string; readonly left: number } | null;
  /** The next word, list item or segment is the value of a flag. */
  readonly argument: string | null;
  /** A `value:` within the next lines belongs to a name that is secret. */
  readonly pair: { readonly type: string; readonly left: number } | null;
  /** Within a Secret of Kubernetes: `data` at this indentation is taken whole. */
  readonly secret: { readonly indent: number; readonly left: number } | null;
}

export interface Below {
  readonly indent: number;
  readonly type: string;
  /** text: all of it. next: the first line decides. map: what is behind each colon. users: name:password. bracket: up to ]. */
  readonly how: 'text' | 'next' | 'map' | 'users' | 'bracket';
  readonly left: number;
}

export const nothingOpen: Carry = {
  material: 0,
  below: null,
  quoted: null,
  argument: null,
  pair: null,
  secret: null,
};

export function isOpen(carry: Carry): boolean {
  return carry !== nothingOpen;
}

/** nothingOpen itself where nothing is open. */
export function settled(carry: Carry): Carry {
  const { material, below, quoted, argument, pair, secret } = carry;
  const none = below === null && quoted === null && argument === null && pair === null && secret === null;
  return none && material === 0 ? nothingOpen : carry;
}
