import type { Host } from '../../bootstrap/host/host.ts';
import type { Journal } from './journal.ts';

/**
 * A run that was killed can leave changes that are seen but not on the disk yet. They must not be built upon before
 * they are: a key would be used that the next power cut takes away.
 */
export async function settleDisk(host: Host, journal: Journal): Promise<void> {
  if (journal.owed().length > 0) await host.run(['sync'], { timeoutMs: 120_000 });
}
