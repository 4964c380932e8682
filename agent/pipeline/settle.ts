import type { Host } from '../../bootstrap/host/host.ts';

/**
 * A process that was killed can leave changes that are seen but not on the disk yet. They must not be built upon before
 * they are: a key would be used that the next power cut takes away.
 */
export async function settleDisk(host: Host): Promise<void> {
  await host.run(['sync'], { timeoutMs: 120_000 });
}
