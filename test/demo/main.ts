import { parseArgs } from 'node:util';
import { createScreen, type Screen } from './screen.ts';
import { tellStory } from './story.ts';
import { Stopped, type StopSignal, Trouble } from './trouble.ts';

const USAGE = `usage: npm run demo [-- options]
Takes a throw-away machine from its image to hand-off with the built binary, against a reference Controller and
operator on this machine. Needs no root; leaves nothing behind but dist/ and .cache/.
  --manual   wait for a person to approve the machine
  --keep     leave what was written, and say where
`;
const STATUS: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
const CLEAN_UP_MS = 20_000;

process.exitCode = await main();

async function main(): Promise<number> {
  const flags = readFlags();
  if (typeof flags === 'number') return flags;
  const screen = createScreen(process);
  const atEnd: (() => void | Promise<void>)[] = [];
  const signal = stopSignal();
  try {
    await tellStory({ ...flags, screen, signal, atEnd: work => atEnd.push(work) });
    return 0;
  } catch (error) {
    return explain(signal.aborted ? signal.reason : error, screen);
  } finally {
    await cleanUp(atEnd.reverse(), flags.keep, screen);
  }
}

function readFlags(): { manual: boolean; keep: boolean } | number {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({ options: { manual: flag, keep: flag, help: { ...flag, short: 'h' } } });
    if (!values.help) return values;
    process.stdout.write(USAGE);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
}

/** Aborted by the first of whatever ends a demo before its end; the demo then cleans up, whatever comes after. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => stopping.abort(new Stopped(name)));
  }
  // Whoever read has gone, as in `npm run demo | head`, or the terminal has.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', () => stopping.abort(new Stopped('SIGHUP')));
  process.on('uncaughtException', error => stopping.abort(error));
  return stopping.signal;
}

function explain(error: unknown, screen: Screen): number {
  screen.line();
  if (error instanceof Stopped) {
    screen.remark(screen.style.warning(`Stopped by ${error.message} in step ${screen.step()}`));
    return STATUS[error.signal];
  }
  const { message, seen, next } =
    error instanceof Trouble
      ? error
      : new Trouble(error instanceof Error ? error.message : String(error), {
          seen: error instanceof Error ? (error.stack ?? error.message) : 'nothing more',
          next: 'npm ci, then: npm run demo',
        });
  screen.remark(screen.style.bad(`The demo failed in step ${screen.step()}: ${message}`));
  screen.remark(`seen   ${seen.replaceAll('\n', '\n#        ')}`);
  screen.remark(`next   ${next}`);
  return 1;
}

async function cleanUp(works: readonly (() => void | Promise<void>)[], keep: boolean, screen: Screen): Promise<void> {
  const hung = setTimeout(() => {
    screen.remark('some of what the demo started does not end; it is left');
    process.exit(1);
  }, CLEAN_UP_MS);
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      screen.remark(`could not be cleaned up: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  clearTimeout(hung);
  screen.remark(
    keep ? 'every process of the demo has ended' : 'every process of the demo has ended, its files are gone',
  );
}
