interface Place {
  readonly form: Buffer;
  /** How far into the form the pair of bytes is. */
  readonly offset: number;
}

/**
 * Finds secrets and their base64: where each begins. Of every four bytes two are looked at, since a form of five or more
 * has a pair of them there wherever it stands.
 */
export function knownFinder(secrets: readonly Uint8Array[]): (bytes: Buffer) => number[] {
  const forms = secrets.flatMap(secret => wanted(Buffer.from(secret)));
  if (forms.length === 0) return () => [];
  const isPair = new Uint8Array(65_536);
  const places = new Map<number, Place[]>();
  for (const form of forms) {
    for (let offset = 0; offset < stride; offset++) {
      const pair = pairAt(form, offset);
      isPair[pair] = 1;
      places.set(pair, [...(places.get(pair) ?? []), { form, offset }]);
    }
  }
  return bytes => {
    const found: number[] = [];
    const last = bytes.length - 1;
    for (let at = 0; at < last; at += stride) {
      const pair = pairAt(bytes, at);
      if (isPair[pair] === 0) continue;
      for (const { form, offset } of places.get(pair) ?? []) {
        if (standsAt(form, bytes, at - offset)) found.push(at - offset);
      }
    }
    return found;
  };
}

const stride = 4;

function pairAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function standsAt(form: Buffer, bytes: Buffer, at: number): boolean {
  if (at < 0 || at + form.length > bytes.length) return false;
  for (let next = 0; next < form.length; next++) if (form[next] !== bytes[at + next]) return false;
  return true;
}

const least = 6;

/** Raw, and what base64 makes of it behind nothing, one byte and two. */
function wanted(secret: Buffer): Buffer[] {
  const encoded = [0, 1, 2].map(before => {
    const text =
      Buffer.concat([Buffer.alloc(before), secret])
        .toString('base64')
        .split('=')[0] ?? '';
    const tail = (before + secret.length) % 3 === 0 ? 0 : 1;
    return text.slice(before === 0 ? 0 : before + 1, text.length - tail);
  });
  return [secret, ...encoded.filter(text => text.length >= 8).map(text => Buffer.from(text))].filter(
    form => form.length >= least,
  );
}
