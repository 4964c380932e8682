import { AgentError } from '../../bootstrap/errors.ts';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time as a person writes it: 90m, 6h, 2d before `now`, or a date with or without its time. Throws E_USAGE. */
export function parseSince(text: string, now: Date): Date {
  const [, amount, unit] = /^(\d{1,6})\s*([smhd])$/.exec(text.trim()) ?? [];
  const at =
    amount === undefined
      ? new Date(/^\d{4}-\d{2}-\d{2}/.test(text.trim()) ? text.trim() : Number.NaN)
      : new Date(now.getTime() - Number(amount) * unitMs[unit as keyof typeof unitMs]);
  if (!Number.isNaN(at.getTime()) && at <= now) return at;
  throw new AgentError('E_USAGE', `--since is no time that has been: ${text}`, {
    seen: text,
    wanted: '90m, 6h, 2d, 2026-01-31 or 2026-01-31T08:00:00Z',
  });
}
