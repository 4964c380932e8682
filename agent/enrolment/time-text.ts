/** RFC 3339 in UTC with seconds, as every time on the wire: 2026-01-31T08:00:00Z. */
export function rfc3339(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
