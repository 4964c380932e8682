/** A time that was written to disk, and whether the clock was synchronised, or proved by call 11, when it was. */
export interface PersistedTime {
  readonly at: Date;
  readonly proved: boolean;
}

/**
 * The earliest time that it can be: the image was built, the credentials were issued, and this machine once knew the
 * time. A clock below it is stepped up to it. With `persisted: null` it is the bound that a signed time may not undercut.
 */
export function clockFloor(known: {
  readonly imageBuiltAt: Date | null;
  readonly issuedAt: Date;
  readonly persisted: PersistedTime | null;
}): Date {
  const times = [known.issuedAt, known.imageBuiltAt, known.persisted?.proved === true ? known.persisted.at : null];
  return new Date(Math.max(...times.map(time => time?.getTime() ?? Number.NEGATIVE_INFINITY)));
}
