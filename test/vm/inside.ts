import { z } from 'zod';
import { statusSchema } from '../../agent/pipeline/status.ts';
import type { Powered } from './qemu.ts';

/** status.json as the machine has it; null before the first run. */
export async function statusOf({ probe }: Powered) {
  const text = (await probe.run('cat /run/conjurer/status.json')).stdout;
  return text === '' ? null : statusSchema.parse(JSON.parse(text));
}

/** Everything that conjurer has logged since the machine was made, oldest first. */
export async function logOf({ probe }: Powered): Promise<LogLine[]> {
  const text = await probe.read('cat /var/log/conjurer/conjurer.log');
  return text
    .trim()
    .split('\n')
    .map(line => LogLine.parse(JSON.parse(line)));
}

const LogLine = z.looseObject({
  time: z.string(),
  msg: z.string(),
  stage: z.string().optional(),
  applied: z.number().optional(),
  changeId: z.string().optional(),
  error: z.unknown().optional(),
});
export type LogLine = z.infer<typeof LogLine>;

/** When a unit became active, in seconds since the kernel began; null: never in this boot. */
export async function activeAt({ probe }: Powered, unit: string): Promise<number | null> {
  const micros = Number(await probe.read(`systemctl show --value -p ActiveEnterTimestampMonotonic -- ${unit}`));
  return micros === 0 ? null : micros / 1e6;
}

/** Waits until cloud-init is through, and gives the names of units that failed. */
export async function failedUnits({ probe }: Powered): Promise<string[]> {
  await probe.run('cloud-init status --wait');
  const text = await probe.read('systemctl list-units --failed --plain --no-legend');
  return text
    .split('\n')
    .flatMap(line => line.trim().split(/\s+/)[0] || [])
    .sort();
}

/** The digest of every file of /etc, one a line. */
export function etcOf({ probe }: Powered): Promise<string> {
  return probe.read('find /etc -xdev -type f -print0 | sort -z | xargs -0 sha256sum');
}

/** Every session that was ever opened on the machine by somebody. */
export function logins({ probe }: Powered): Promise<string> {
  return probe.read(`last --fullnames --file /var/log/wtmp | grep -Ev '^(reboot|shutdown|runlevel|wtmp|$)' || true`);
}
