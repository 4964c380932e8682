import * as z from 'zod';
import type { FileInfo, Files } from '../host/host.ts';
import type { HashedFile } from './finding.ts';

export const verifiedPath = '/var/lib/conjurer/components.json';

const Stamp = z.object({
  sha256: z.string(),
  size: z.number(),
  inode: z.number(),
  device: z.number(),
  mtimeMs: z.number(),
  ctimeMs: z.number(),
});

const Verified = z.object({
  schema: z.literal('conjurer.verified/v1'),
  manifestSha256: z.string(),
  buildId: z.string(),
  builtAt: z.string(),
  /** A full or deep validation of this manifest found nothing wrong. */
  passedFully: z.boolean(),
  files: z.record(z.string(), Stamp),
});

/** What the last validation read, so that a quick one need not read it again. Made anew where it is lost or damaged. */
export type Verified = z.infer<typeof Verified>;
export type Stamps = Verified['files'];

/** null: there is none, it is damaged, or this user may not read it. */
export async function readVerified(files: Files): Promise<Verified | null> {
  try {
    return Verified.parse(JSON.parse((await files.readText(verifiedPath)) ?? ''));
  } catch {
    return null;
  }
}

/** Its times and place are those of when it was read: nobody has written to it since. */
export function isSameFile(stamp: z.infer<typeof Stamp> | undefined, info: FileInfo): boolean {
  return (
    stamp !== undefined &&
    stamp.size === info.size &&
    stamp.inode === info.inode &&
    stamp.device === info.device &&
    stamp.mtimeMs === info.mtimeMs &&
    stamp.ctimeMs === info.ctimeMs
  );
}

/** The kernel's file times advance by ticks of up to 10 ms: within one, a second write leaves the same time. */
const TICK_MS = 20;

/** null where the file changed so shortly before it was read that a write after it could not be told by its times. */
export function stampOf({ sha256, info }: HashedFile, readAtMs: number): z.infer<typeof Stamp> | null {
  if (Math.max(info.mtimeMs, info.ctimeMs) > readAtMs - TICK_MS) return null;
  const { size, inode, device, mtimeMs, ctimeMs } = info;
  return { sha256, size, inode, device, mtimeMs, ctimeMs };
}
