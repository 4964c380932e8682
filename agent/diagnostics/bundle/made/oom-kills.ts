import { captureCommand } from '../../../../bootstrap/host/capture.ts';
import type { Make } from '../collector.ts';

/** What the kernel killed for lack of memory, in all boots that the journal knows. */
export const oomKillsText: Make = async ({ host: { root }, signal }) => {
  const where = root === '/' ? [] : [`--root=${root}`];
  const said = await captureCommand(
    [
      'journalctl',
      ...where,
      '--no-pager',
      '--quiet',
      '--output=short-iso',
      '_TRANSPORT=kernel',
      '--grep=out of memory|oom-kill|oom_reaper|killed process',
      '--case-sensitive=no',
      '-n',
      '500',
    ],
    { timeoutMs: 15_000, keep: { head: 256 * 1024, tail: 0 }, signal },
  );
  if (said.missing) return null;
  const text = said.stdout.head.toString('utf8');
  if (text.trim() !== '') return text;
  return said.status === 0 || said.status === 1 ? 'none\n' : null;
};
