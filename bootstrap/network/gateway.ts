import type { Host } from '../host/host.ts';

const unanswered = ['FAILED', 'INCOMPLETE', 'NONE'];

/**
 * Has the kernel ask for the gateway's link-layer address: that needs no answer to the ping itself. `answers` null: it
 * cannot be told, since nobody may ask, or the kernel keeps no such address.
 */
export async function askGateway(
  host: Pick<Host, 'run'>,
  gateway: string,
  device: string,
  signal?: AbortSignal,
): Promise<{ readonly text: string; readonly answers: boolean | null }> {
  const text = `${gateway} on ${device}`;
  const options = signal === undefined ? {} : { signal };
  const ping = await host.run(['ping', '-c', '1', '-W', '2', '-I', device, gateway], options);
  if (ping.status === 0) return { text, answers: true };
  // Not as JSON, which the ip of Ubuntu 18.04 does not know of neighbours; all states, since it hides NOARP else.
  const shown = await host.run(['ip', 'neighbour', 'show', 'to', gateway, 'dev', device, 'nud', 'all'], options);
  const state = parseNeighbour(shown.stdout);
  return { text, answers: state === null ? null : !unanswered.includes(state) };
}

/** The state at the end of a line such as "192.0.2.1 lladdr 02:00:00:00:00:01 router STALE"; null: there is none. */
export function parseNeighbour(text: string): string | null {
  return /\s([A-Z]+)\s*$/m.exec(text)?.[1] ?? null;
}
