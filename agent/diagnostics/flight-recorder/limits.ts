import type { Attempt, Recording } from './recording.ts';

/** A recording stays below this, whatever is recorded: three attempts of the largest size fit. */
export const maxBytes = 128 * 1024;
const maxAttemptBytes = 40 * 1024;
const maxRecent = 6;
const maxItems = 16;
/** Tried in this order: most attempts fit at once. */
const textLimits = [600, 240, 120, 60, 30];

/** The attempt with every text and list cut to what a small file can hold; of each the beginning is kept. */
export function cutAttempt(attempt: Attempt): Attempt {
  let cut = withShortLists(attempt);
  for (const limit of textLimits) {
    cut = cutTexts(cut, limit);
    if (Buffer.byteLength(JSON.stringify(cut, null, 1)) <= maxAttemptBytes) break;
  }
  return cut;
}

/** Lets go of what is oldest, but never of the first and of the newest attempt. */
export function cutRecording(recording: Recording): Recording {
  let kept = recording;
  while (kept.recent.length > maxRecent || (kept.recent.length > 1 && sizeOf(kept) > maxBytes)) {
    kept = { ...kept, recent: kept.recent.slice(1), dropped: kept.dropped + 1 };
  }
  return kept;
}

export function textOf(recording: Recording): string {
  return `${JSON.stringify(recording, null, 1)}\n`;
}

function sizeOf(recording: Recording): number {
  return Buffer.byteLength(textOf(recording));
}

function withShortLists(attempt: Attempt): Attempt {
  const { stages, retries, waits, error, checks, findings } = attempt;
  return {
    ...attempt,
    stages: stages.slice(0, maxItems),
    retries: retries.slice(0, maxItems),
    waits: waits.slice(0, maxItems),
    checks: checks.slice(0, maxItems),
    findings: findings.slice(0, maxItems),
    error: error && { ...error, data: Object.fromEntries(Object.entries(error.data).slice(0, maxItems)) },
  };
}

function cutTexts<T>(value: T, limit: number): T {
  if (typeof value === 'string') return cutText(value, limit) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inner => cutTexts(inner, limit)) as T;
  const entries = Object.entries(value).map(([key, inner]) => [cutText(key, limit), cutTexts(inner, limit)]);
  return Object.fromEntries(entries) as T;
}

/** A control character would take six bytes of JSON, and says nothing. */
function cutText(text: string, limit: number): string {
  const plain = text
    .slice(0, limit)
    .replaceAll(/\p{Cc}/gu, ' ')
    .toWellFormed();
  return text.length > limit ? `${plain}…` : plain;
}
