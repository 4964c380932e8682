import { resolve } from 'node:path';
import { AgentError } from '../bootstrap/errors.ts';
import { parseCommandLine } from './cli/command-line.ts';
import { failureOf } from './cli/failure.ts';
import { removeForeign } from './cli/foreign-environment.ts';
import { createHint } from './cli/hint.ts';
import type { Invocation } from './cli/invocation.ts';
import { createRenderer, type Renderer } from './cli/render.ts';
import { createStyle, wantsColor } from './cli/style.ts';
import type { Log } from './log.ts';
import { createRedactor, type Redactor } from './redaction.ts';

/** The edge of the process: arguments and signals come in, text and an exit status go out. */
interface Edge {
  readonly argv: readonly string[];
  readonly redactor: Redactor;
  readonly render: Renderer;
  /** Aborted by a signal, with the AgentError that the process is to end with. */
  readonly stopped: AbortSignal;
  /** Set once a command has one. */
  log: Log | null;
}

removeForeign(process.env);
const edge = openEdge(process.argv.slice(2));
process.on('uncaughtException', error => {
  fail(error, edge).then(exit, () => exit(1));
});
main(edge).then(end, () => exit(1));

async function main(edge: Edge): Promise<number> {
  const atEnd: (() => Promise<void>)[] = [];
  try {
    const line = parseCommandLine(edge.argv);
    if ('help' in line) {
      edge.render.raw(`${line.help}\n`);
      return 0;
    }
    return await line.command.run(invocationOf(line, edge, atEnd));
  } catch (error) {
    return await fail(error, edge);
  } finally {
    for (const close of atEnd) await close();
    edge.log?.close();
  }
}

function invocationOf(
  { command, program, args, options }: { command: { name: string } } & Pick<Invocation, 'program' | 'args' | 'options'>,
  edge: Edge,
  atEnd: (() => Promise<void>)[],
): Invocation {
  const { render, redactor, stopped } = edge;
  const json = options.json === true;
  const root = resolve(typeof options.root === 'string' ? options.root : '/');
  const open = async (anyway: boolean) => {
    await import('./plain-schemas.ts');
    const { openSession } = await import('./cli/session.ts');
    const session = await openSession({
      command: command.name,
      options,
      environment: process.env,
      redactor,
      render,
      alsoTo: process.stderr.isTTY && options.logLevel !== 'debug' ? null : process.stderr,
      anyway,
      logging: log => {
        edge.log = log;
      },
    });
    atEnd.push(session.close);
    return session;
  };
  return {
    args,
    options,
    program,
    json,
    root,
    render,
    signal: stopped,
    openAgent: async () => (await open(false)).agent,
    openAgentAnyway: () => open(true),
    beginValidation: async depth => (await import('./begin-validation.ts')).beginValidation(root, depth, stopped),
    async confirm(question) {
      const { confirm } = await import('./cli/confirm.ts');
      const { stdin: input, stderr: prompt } = process;
      return confirm(question, { command: command.name, json, input, prompt, signal: stopped });
    },
  };
}

/** Says what went wrong and gives the exit status. What is no AgentError is our bug: its stack goes to the log alone. */
async function fail(thrown: unknown, edge: Edge): Promise<number> {
  const { render, stopped } = edge;
  const error = failureOf(thrown, stopped);
  if (error.code === 'E_BUG') edge.log ??= await defaultLog(edge);
  edge.log?.error({ error: thrown instanceof AgentError ? thrown : (error.cause ?? error) }, 'the command failed');
  render.error(error, edge.log?.where() ?? null);
  return error.exitStatus;
}

async function defaultLog({ redactor }: Edge): Promise<Log> {
  const { createLog } = await import('./log.ts');
  return createLog({ root: '/', level: 'info', redactor, alsoTo: null });
}

function openEdge(argv: readonly string[]): Edge {
  const { stdout, stderr, env } = process;
  // A reader that has gone, as in `conjurer facts | head`, is no failure; of a file that is only half there it is one.
  let writesFile = false;
  for (const stream of [stdout, stderr]) stream.on('error', () => exit(writesFile ? 75 : 0));
  const redactor = createRedactor();
  // A serial console often says that it is 0 columns wide: nothing can be drawn there, only written line by line.
  const canDraw = stdout.isTTY === true && stdout.columns >= 40 && env.TERM !== 'dumb';
  const terminal = canDraw && !logsEverything(argv);
  const color = wantsColor(stdout.isTTY === true, argv, env);
  const errorColor = wantsColor(stderr.isTTY === true, argv, env);
  // The list of stages is drawn by a package that looks here.
  if (!color) env.NO_COLOR = '1';
  const render = createRenderer({
    stdout: directly(stdout),
    bytes: bytes => {
      writesFile = true;
      return new Promise((resolve, reject) => {
        stdout.write(bytes, error => (error ? reject(error) : resolve()));
      });
    },
    stderr: directly(stderr),
    style: createStyle(color),
    errorStyle: createStyle(errorColor),
    hint: createHint(argv),
    redactor,
    json: argv.includes('--json'),
    terminal,
  });
  return { argv, redactor, render, stopped: stopOnSignals(render), log: null };
}

/** The log of debug level goes to the terminal too, where a drawing would be torn by it. */
function logsEverything(argv: readonly string[]): boolean {
  return argv.includes('--log-level=debug') || argv[argv.indexOf('--log-level') + 1] === 'debug';
}

/** The stream as it is now: the live progress puts its own `write` in front while it draws, and keeps what comes there. */
function directly(stream: NodeJS.WriteStream): { write(text: string): unknown } {
  const { write } = stream;
  return { write: text => write.call(stream, text) };
}

function stopOnSignals(render: Renderer): AbortSignal {
  const controller = new AbortController();
  const next = 'type the same command again: it goes on from here';
  const stop = (code: 'E_INTERRUPTED' | 'E_TERMINATED', by: string) => {
    const again = controller.signal.aborted;
    if (again) {
      render.restoreTerminal();
      exit(code === 'E_INTERRUPTED' ? 130 : 143);
    }
    controller.abort(new AgentError(code, `stopped at a safe point by ${by}`, { next }));
  };
  process.on('SIGINT', () => stop('E_INTERRUPTED', 'Ctrl-C'));
  process.on('SIGTERM', () => stop('E_TERMINATED', 'SIGTERM'));
  process.on('SIGHUP', () => stop('E_TERMINATED', 'the end of the terminal (SIGHUP)'));
  return controller.signal;
}

/** What goes into a pipe is not there yet when it was written: an exit would cut it off at 64 KiB. */
async function end(status: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>(resolve => {
      stream.write('', () => resolve());
    });
  }
  return exit(status);
}

function exit(status: number): never {
  process.exit(status);
}
