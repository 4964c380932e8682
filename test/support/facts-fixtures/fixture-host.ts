import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Host, RunResult } from '../../../bootstrap/host/host.ts';
import { localHost } from '../../../bootstrap/host/local-host.ts';

const Recorded = z.strictObject({
  synchronized: z.boolean().nullable(),
  commands: z.array(
    z.strictObject({
      argv: z.array(z.string()),
      status: z.int().default(0),
      stdout: z.string().default(''),
      missing: z.boolean().default(false),
      timedOut: z.boolean().default(false),
    }),
  ),
});

export const fixtureNames = [
  'container',
  'debian-12-kvm',
  'oem-board',
  'ubuntu-18.04-vmware',
  'ubuntu-22.04-metal',
  'wsl',
] as const;
export type FixtureName = (typeof fixtureNames)[number];

export interface Fixture {
  readonly host: Host;
  /** Recorded commands that were not asked for, and commands asked for that were not recorded. */
  unplanned(): { readonly unused: string[]; readonly unexpected: string[] };
}

export function fixturePath(name: FixtureName, ...rest: string[]): string {
  return join(import.meta.dirname, name, ...rest);
}

/**
 * The real host over a tree that holds what such a machine shows in /proc, /sys, /run, /etc and /var, cut to what is read
 * and with invented serials and addresses; programs answer as they do there (host.json).
 */
export function fixtureHost(name: FixtureName): Fixture {
  const recorded = Recorded.parse(JSON.parse(readFileSync(fixturePath(name, 'host.json'), 'utf8')));
  const answers = new Map(recorded.commands.map(({ argv, ...answer }) => [argv.join(' '), answer]));
  const asked = new Set<string>();
  const real = localHost({ root: fixturePath(name, 'root') });
  const run: Host['run'] = async (argv): Promise<RunResult> => {
    asked.add(argv.join(' '));
    const { status, stdout, missing, timedOut } = answers.get(argv.join(' ')) ?? notRecorded;
    return { argv, status: missing || timedOut ? null : status, stdout, stderr: '', missing, timedOut };
  };
  return {
    host: { ...real, run, clock: { ...real.clock, synchronized: async () => recorded.synchronized } },
    unplanned: () => ({
      unused: [...answers.keys()].filter(command => !asked.has(command)),
      unexpected: [...asked].filter(command => !answers.has(command)),
    }),
  };
}

const notRecorded = { status: 0, stdout: '', missing: true, timedOut: false };
