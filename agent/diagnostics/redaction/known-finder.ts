/** Finds secrets and their base64 by the first two bytes of each, at every place. */
export function knownFinder(secrets: readonly Uint8Array[]): (bytes: Buffer) => number[] {
  const forms = secrets.flatMap(secret => wanted(Buffer.from(secret)));
  if (forms.length === 0) return () => [];
  const starts = new Map<number, Buffer[]>();
  const mayStart = new Uint8Array(65_536);
  for (const form of forms) {
    const start = ((form[0] as number) << 8) | (form[1] as number);
    mayStart[start] = 1;
    starts.set(start, [...(starts.get(start) ?? []), form]);
  }
  return bytes => {
    const found: number[] = [];
    let two = bytes[0] ?? 0;
    for (let at = 1; at < bytes.length; at++) {
      two = ((two & 255) << 8) | (bytes[at] as number);
      if (
        mayStart[two] === 1 &&
        starts
          .get(two)
          ?.some(
            form => bytes.compare(form, 0, form.length, at - 1, Math.min(at - 1 + form.length, bytes.length)) === 0,
          )
      ) {
        found.push(at - 1);
      }
    }
    return found;
  };
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
