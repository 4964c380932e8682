import { it } from 'vitest';

/**
 * Registers the tests of a rung that needs more than npm can install. Where something stands in the way the rung is
 * reported as skipped, with the reason on stderr; in CI it fails, since nobody reads a skipped line there.
 */
export function onRung(name: string, obstacle: string | null, register: () => void): void {
  if (obstacle === null) {
    register();
    return;
  }
  process.stderr.write(`\nRUNG NOT RUN: ${name}: ${obstacle}\n\n`);
  it(name, ({ skip }) => {
    if (process.env.CI) throw new Error(`this rung cannot run, and in CI it must: ${obstacle}`);
    skip(obstacle);
  });
}
