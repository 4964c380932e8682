import * as z from 'zod';
import type { Host } from '../host/host.ts';

const Neighbours = z.array(z.object({ dst: z.string(), state: z.array(z.string()).catch([]) }));
const unanswered = ['FAILED', 'INCOMPLETE', 'NONE'];
/** ping could not even try: it may not, or there is no such interface. */
const PING_FAILED = 2;

/**
 * Has the kernel ask for the gateway's link-layer address: that needs no answer to the ping itself. `answers` null: it
 * cannot be told, since nobody may ask, or the interface knows no such addresses.
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
  const { stdout } = await host.run(['ip', '-j', 'neighbour', 'show', 'to', gateway, 'dev', device], options);
  const [entry] = Neighbours.safeParse(json(stdout)).data ?? [];
  if (entry === undefined) return { text, answers: ping.missing || ping.status === PING_FAILED ? null : false };
  return { text, answers: !entry.state.some(state => unanswered.includes(state)) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
