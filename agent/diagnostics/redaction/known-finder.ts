/** Finds secrets and their base64 by the first three bytes of each, at every place. */
export function knownFinder(secrets: readonly Uint8Array[]): (bytes: Buffer) => number[] {
  const forms = secrets.flatMap(secret => wanted(Buffer.from(secret)));
  if (forms.length === 0) return () => [];
  const mayStart = new Uint8Array(65_536);
  const mayGoOn = new Uint8Array(65_536);
  for (const form of forms) {
    mayStart[pairAt(form, 0)] = 1;
    mayGoOn[pairAt(form, 1)] = 1;
  }
  return bytes => {
    const found: number[] = [];
    const last = bytes.length - 2;
    for (let at = 0; at < last; at++) {
      if (mayStart[pairAt(bytes, at)] === 0 || mayGoOn[pairAt(bytes, at + 1)] === 0) continue;
      if (forms.some(form => standsAt(form, bytes, at))) found.push(at);
    }
    return found;
  };
}

function pairAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function standsAt(form: Buffer, bytes: Buffer, at: number): boolean {
  if (at + form.length > bytes.length) return false;
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
