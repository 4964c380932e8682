import { setTimeout as delay } from 'node:timers/promises';
import { AgentError } from '../errors.ts';
import type { Clock, Host } from './host.ts';

const askMs = 5_000;

interface ClockParts {
  readonly root: string;
  readonly run: Host['run'];
  /** There is something at this path of the running system. */
  readonly exists: (path: string) => Promise<boolean>;
}

/** The clock of the system that runs. It is read whatever the root is, and set only where the root is `/`. */
export function systemClock(parts: ClockParts): Clock {
  return {
    now: () => new Date(),
    monotonicMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
    sleep,
    step: to => step(parts, to),
    synchronized: () => synchronized(parts),
  };
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  // One timer holds at most 2^31-1 ms.
  for (let left = Math.max(0, ms); ; left -= 2_000_000_000) {
    try {
      await delay(Math.min(left, 2_000_000_000), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
    if (left <= 2_000_000_000) return;
  }
}

async function step({ root, run }: ClockParts, to: Date): Promise<void> {
  const wanted = to.toISOString();
  if (root !== '/') {
    throw new AgentError('E_CLOCK_NOT_SET', `the clock is not set for a tree that is not the running system: ${root}`, {
      wanted,
    });
  }
  const result = await run(['date', '--utc', `--set=@${(to.getTime() / 1_000).toFixed(3)}`]);
  if (result.status === 0) return;
  throw new AgentError('E_CLOCK_NOT_SET', 'the clock could not be set', {
    seen: result.missing ? 'there is no program date' : result.stderr.trim(),
    wanted,
  });
}

/** The first time service that says yes decides; where none does, a no counts more than silence. */
async function synchronized(parts: ClockParts): Promise<boolean | null> {
  const askers = [askTimedated, askOldTimedated, askTimesyncd, askChrony];
  let answer: boolean | null = null;
  for (const ask of askers) {
    const said = await ask(parts);
    if (said === true) return true;
    answer = said ?? answer;
  }
  return answer;
}

async function askTimedated({ run }: ClockParts): Promise<boolean | null> {
  const result = await run(['timedatectl', 'show', '--property=NTPSynchronized'], { timeoutMs: askMs });
  return yesOrNo(/^NTPSynchronized=(yes|no)$/m.exec(result.stdout)?.[1]);
}

/** systemd before 239 has no `timedatectl show`. */
async function askOldTimedated({ run }: ClockParts): Promise<boolean | null> {
  const result = await run(['timedatectl', 'status'], { timeoutMs: askMs });
  return yesOrNo(/^ *(?:System clock|NTP) synchronized: (yes|no)$/m.exec(result.stdout)?.[1]);
}

async function askTimesyncd({ exists }: ClockParts): Promise<boolean | null> {
  return (await exists('/run/systemd/timesync/synchronized')) ? true : null;
}

async function askChrony({ run }: ClockParts): Promise<boolean | null> {
  const result = await run(['chronyc', '-c', '-n', 'tracking'], { timeoutMs: askMs });
  if (result.status !== 0) return null;
  const leapStatus = result.stdout.trim().split(',').at(-1);
  return leapStatus === undefined || leapStatus === '' ? null : leapStatus !== 'Not synchronised';
}

function yesOrNo(word: string | undefined): boolean | null {
  return word === undefined ? null : word === 'yes';
}
