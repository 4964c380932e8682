import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../agent/pipeline/status.ts';
import type { Admin } from './admin.ts';
import type { Conjurer } from './conjurer.ts';
import { onEnter } from './enter-key.ts';
import type { Screen } from './screen.ts';
import { Trouble } from './trouble.ts';

type Registration = Awaited<ReturnType<Admin['registration']>>;

/** What an admin does before approving. Throws Trouble where the machine and the Controller do not say the same. */
export async function compareClaims(
  conjurer: Conjurer,
  admin: Admin,
  edgeName: string,
  screen: Screen,
): Promise<Registration> {
  const registration = await admin.registration(edgeName);
  const status = await conjurer.status();
  const here = `${status?.claimCode}  ${status?.keyFingerprint}`;
  const there = `${registration.claimCode}  ${registration.keyFingerprint}`;
  screen.remark(`the machine shows     ${here}`);
  screen.remark(`the Controller has    ${there}`);
  if (here !== there) {
    throw new Trouble('claim code and fingerprint differ: a real admin must not approve this', {
      seen: here,
      next: 'npm run demo -- --keep, and compare both by hand',
    });
  }
  screen.remark('the same: this is the machine that the admin was told of');
  return registration;
}

export interface Approving {
  readonly conjurer: Conjurer;
  readonly admin: Admin;
  readonly registration: Registration;
  readonly manual: boolean;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** So long a person can look at a live view that waits. */
const LOOK_MS = 3_000;

/** Approves once conjurer waits, or lets a person do it. `end` throws where the approval was refused. */
export function approveWhileItWaits(approving: Approving): { end(): Promise<void> } {
  const { admin, registration, manual, screen } = approving;
  if (manual) {
    screen.remark('it waits for you: press Enter here, or approve it in another terminal:');
    screen.command(admin.commandLine('approve', registration.edgeName));
    let approved: Promise<void> = Promise.resolve();
    const leave = onEnter(process.stdin, () => {
      approved = admin.approve(registration);
      approved.catch(() => undefined);
    });
    return {
      async end() {
        leave();
        await approved;
      },
    };
  }
  screen.remark('the demo approves it, as the admin, once it waits');
  const ending = new AbortController();
  const approved = approveAlone(approving, AbortSignal.any([approving.signal, ending.signal]));
  approved.catch(() => undefined);
  return {
    async end() {
      ending.abort();
      await approved;
    },
  };
}

async function approveAlone(approving: Approving, signal: AbortSignal): Promise<void> {
  const { conjurer, admin, registration, screen } = approving;
  const before = await conjurer.status();
  try {
    while (!waits(await conjurer.status(), before)) await delay(100, undefined, { signal });
    if (screen.live) await delay(LOOK_MS, undefined, { signal });
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  await admin.approve(registration);
  if (!screen.live) screen.remark(`(on the Controller: ${registration.edgeName} is approved)`);
}

/** A run that was begun after this waits now. */
function waits(now: Status | null, before: Status | null): boolean {
  return now?.state === 'waiting' && now.startedAt !== before?.startedAt;
}
