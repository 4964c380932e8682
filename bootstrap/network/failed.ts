import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Host } from '../host/host.ts';
import { interfacesOf, type NetworkSettings } from './settings.ts';

/** Gone after a restart, so that each boot tries once. */
const file = '/run/conjurer/network-failed.json';

const Failed = z.object({ settings: z.string(), at: z.string(), seen: z.string() });

/** These interfaces (`settings`: their digest) did not work and are being taken back. `seen`: what they lack. */
export async function rememberFailed({ files, clock }: Host, settings: string, seen: string): Promise<void> {
  const failed: z.infer<typeof Failed> = { settings, at: clock.now().toISOString(), seen };
  await files.write(file, `${JSON.stringify(failed)}\n`, 0o644);
}

/** What failed in this boot with exactly these interfaces, in words; null: they were not tried, or they work. */
export async function failedBefore({ files }: Host, settings: string): Promise<string | null> {
  const text = await files.readText(file);
  const failed = text === null ? null : Failed.parse(JSON.parse(text));
  return failed === null || failed.settings !== settings ? null : `at ${failed.at}: ${failed.seen}`;
}

/** Lower-case hex SHA-256 of all interfaces that the settings name. */
export function digestOf(settings: NetworkSettings): string {
  return createHash('sha256')
    .update(JSON.stringify(interfacesOf(settings)))
    .digest('hex');
}
