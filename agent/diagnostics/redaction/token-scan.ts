const secretLength = 16;
const idLength = 6;
const step = 8;

/**
 * The first place from `from` where the secret of a kubeadm token may end, which has no literal to look for but a dot:
 * 16 characters of a-z and 0-9 hold two neighbouring places that are multiples of 8. `to` where there is none.
 */
export function nextTokenTail(bytes: Uint8Array, from: number, to: number): number {
  for (let at = (from + step - 1) & ~(step - 1); at + step < to; at += step) {
    if ((lower[bytes[at] as number] as number) === 0 || (lower[bytes[at + step] as number] as number) === 0) continue;
    let end = at + 1;
    while (end < to && lower[bytes[end] as number] === 1 && end - at <= secretLength) end++;
    if (end <= at + step) continue;
    let start = at;
    while (start > 0 && end - start <= secretLength && lower[bytes[start - 1] as number] === 1) start--;
    if (end - start === secretLength && bytes[start - 1] === dot && isId(bytes, start - 1)) return start;
  }
  return to;
}

const dot = 46;
const lower = new Uint8Array(256);
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789') lower[character.charCodeAt(0)] = 1;

function isId(bytes: Uint8Array, end: number): boolean {
  if (end < idLength) return false;
  for (let at = end - idLength; at < end; at++) if (lower[bytes[at] as number] !== 1) return false;
  return true;
}
