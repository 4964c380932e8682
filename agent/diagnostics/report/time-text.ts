/** 2026-11-22 08:01:07 UTC. */
export function dateAndTime(time: string | Date): string {
  return `${iso(time).slice(0, 19).replace('T', ' ')} UTC`;
}

/** 08:01:07. */
export function timeOfDay(time: string | Date): string {
  return iso(time).slice(11, 19);
}

/** "45 s", "12 min", "3 h", "2 d"; a clock that was set back counts as no time. */
export function age(since: string, now: Date): string {
  return duration(now.getTime() - Date.parse(since));
}

/** Of milliseconds, in the unit that says most. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

function iso(time: string | Date): string {
  return typeof time === 'string' ? time : time.toISOString();
}
